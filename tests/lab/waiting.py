"""Waiting for what the lab's servers do, in tests: what is seen begins with what is wanted."""

from collections.abc import Callable

from fleet.until import until


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

    def lacking() -> str:
        seen = look()
        return "" if seen.startswith(wanted) else repr(seen)

    return until(lacking, seconds=deadline, what=what, error=AssertionError)
