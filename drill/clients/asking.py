"""A page asked for again and again, by people who do not wait for each other: how long nobody was answered."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Self

INTERVAL = 0.5  # seconds
# Questions under way at most: one that hangs until its own time is up must not keep the others from being asked.
CROWD = 40


@dataclass(frozen=True)
class Asked:
    """One question that has ended: its moments on the monotonic clock, and whether it was answered."""

    begin: float
    end: float
    answered: bool


class Asking:
    """A question at short intervals while it is entered."""

    def __init__(self, ask: Callable[[], bool], *, interval: float = INTERVAL, crowd: int = CROWD) -> None:
        """Prepare to ask.

        Args:
            ask: asks once and says whether it was answered; an OSError is no answer.
            interval: seconds between two questions.
            crowd: questions under way at most; what comes on top waits for one of them to end.
        """
        self._ask = ask
        self._interval = interval
        self.questions: list[Asked] = []
        self._over = threading.Event()
        self._crowd = ThreadPoolExecutor(crowd)
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        self._crowd.shutdown(cancel_futures=True)

    @property
    def answered(self) -> list[float]:
        """The moments of the answers (monotonic clock), in order."""
        return sorted(asked.end for asked in list(self.questions) if asked.answered)

    def _run(self) -> None:
        while not self._over.wait(self._interval):
            self._crowd.submit(self._one)

    def _one(self) -> None:
        begin = time.monotonic()
        try:
            answered = self._ask()
        except OSError:
            answered = False
        self.questions.append(Asked(begin, time.monotonic(), answered))
