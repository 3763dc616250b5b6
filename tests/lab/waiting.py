"""Waits with a deadline, whose failure says what was last seen."""

import time
from collections.abc import Callable


def eventually(look: Callable[[], str], wanted: str, *, deadline: float, what: str) -> float:
    """Look again and again until what is seen begins with what is wanted.

    Args:
        look: sees something; an OSError counts as seen.
        wanted: how it begins.
        deadline: seconds.
        what: what is waited for, for the failure.

    Returns:
        The seconds it took.

    Raises:
        AssertionError: the deadline passed; with what was last seen.
    """
    begun = time.monotonic()
    while True:
        try:
            seen = look()
        except OSError as error:
            seen = f"{type(error).__name__}: {error}"
        took = time.monotonic() - begun
        if seen.startswith(wanted):
            return took
        assert took < deadline, f"{what}: not in {deadline:.0f} s; last seen: {seen!r}"
        time.sleep(0.5)
