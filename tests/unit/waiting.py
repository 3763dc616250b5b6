"""Waiting for something that another process does, in tests: what is seen is given to a question."""

from collections.abc import Callable
from typing import TypeVar

from fleet.until import until

T = TypeVar("T")


def eventually(look: Callable[[], T], good: Callable[[T], bool], *, seconds: float, what: str) -> T:
    """Look until it is so; an OSError of the look is not so.

    Raises:
        AssertionError: it was not so within the deadline; names what was waited for and what was last seen.
    """
    seen: list[T] = []

    def lacking() -> str:
        seen[:] = [look()]
        return "" if good(seen[0]) else repr(seen[0])

    until(lacking, seconds=seconds, what=what, error=AssertionError, pause=0.1)
    return seen[0]
