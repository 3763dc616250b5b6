"""Waiting for something that another process does: with a deadline, and with what was last seen."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(look: Callable[[], T], until: Callable[[T], bool], *, seconds: float, what: str) -> T:
    """Look until it is so.

    Raises:
        AssertionError: it was not so within the deadline; names what was waited for and what was last seen.
    """
    deadline = time.monotonic() + seconds
    while True:
        seen = look()
        if until(seen):
            return seen
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}; last seen: {seen!r}")
        time.sleep(0.1)
