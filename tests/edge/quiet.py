"""How long a busy machine lets nobody run: where that is as long as a check, instances are down without a step."""

import hashlib
import threading
import time
from typing import Self

TICK = 0.2  # seconds
WORK = 20_000  # rounds, of the length of a TLS handshake: who sleeps most of the time gets a busy machine at once
QUIET = 0.25  # seconds; a quarter of what a check may take as it is shipped
LOOK = 3.0  # seconds
PATIENCE = 300.0  # seconds, the drill's


class Standstill:
    """The longest that a handshake's work took, and a sleep took too long, in seconds, while the context lasts."""

    def __init__(self) -> None:
        self.longest = 0.0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        begun, ended = time.monotonic(), False
        while not ended:
            ended = self._ended.wait(TICK)
            hashlib.pbkdf2_hmac("sha256", b"", b"", WORK)
            now = time.monotonic()
            # Who stood still was nearly always asleep.
            self.longest = max(self.longest, now - begun - TICK)
            begun = now


def wait_quiet() -> None:
    """Wait until the machine is quiet.

    Raises:
        AssertionError: it is not, for `PATIENCE`.
    """
    deadline = time.monotonic() + PATIENCE
    while True:
        with Standstill() as standstill:
            time.sleep(LOOK)
        if standstill.longest < QUIET:
            return
        assert time.monotonic() < deadline, f"not quiet: a handshake's work took {standstill.longest:.2f} s"
