"""A page asked for again and again, as an impatient person does: how long nobody answered."""

import threading
import time
from collections.abc import Callable
from itertools import pairwise
from typing import Self

INTERVAL = 0.25  # seconds


class Asking:
    """Ask at short intervals while it is entered; each question waits for the one before it."""

    def __init__(self, ask: Callable[[], bool]) -> None:
        """`ask` asks once and says whether it was answered; an OSError is no answer."""
        self._ask = ask
        self._answered: list[float] = []
        self._going = True
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._going = False
        self._thread.join(30)

    def silence(self, since: float) -> float:
        """The longest time without an answer from `since` on (monotonic clock) until the last one, in seconds."""
        moments = [since, *(moment for moment in self._answered if moment >= since)]
        return max((later - earlier for earlier, later in pairwise(moments)), default=0.0)

    def answered_since(self, moment: float) -> bool:
        """Whether there was an answer after `moment`."""
        return bool(self._answered) and self._answered[-1] > moment

    def _run(self) -> None:
        while self._going:
            begun = time.monotonic()
            try:
                answered = self._ask()
            except OSError:
                answered = False
            if answered:
                self._answered.append(time.monotonic())
            time.sleep(max(0.0, begun + INTERVAL - time.monotonic()))
