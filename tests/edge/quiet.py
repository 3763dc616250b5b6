"""How long the machine lets nobody run: where that is as long as a check, instances are down without a step."""

import threading
import time
from typing import Self

TICK = 0.05  # seconds
QUIET = 0.25  # seconds; a quarter of what a check may take as it is shipped
LOOK = 3.0  # seconds
PATIENCE = 300.0  # seconds, the drill's


class Standstill:
    """The longest that this process had to wait for its turn, in seconds, while the context lasts."""

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
        at = time.monotonic()
        while not self._ended.wait(TICK):
            now = time.monotonic()
            self.longest = max(self.longest, now - at - TICK)
            at = now


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
        assert time.monotonic() < deadline, f"not quiet: nobody ran for {standstill.longest:.2f} s"
