"""The one way to wait: it ends when nothing is lacking, and says what was last seen when that does not come."""

import pytest

from fleet.until import until


def test_it_looks_until_nothing_is_lacking() -> None:
    looks = iter(["two", "one", ""])
    assert until(lambda: next(looks), seconds=30, what="all of them", pause=0) < 30
    assert next(looks, "none") == "none"


def test_who_refuses_is_lacking_and_is_asked_again() -> None:
    refusals = [ConnectionRefusedError("nobody listens")]

    def lacking() -> str:
        if refusals:
            raise refusals.pop()
        return ""

    until(lacking, seconds=30, what="an answer", pause=0)
    refusals.append(ConnectionRefusedError("nobody listens"))
    with pytest.raises(TimeoutError, match="last seen: ConnectionRefusedError: nobody listens"):
        until(lacking, seconds=0, what="an answer")


def test_past_the_deadline_it_raises_what_it_was_told_to() -> None:
    """With what was waited for, for how long, and what was last seen; looked at once even with no time."""
    with pytest.raises(ValueError, match=r"^three replicas: not in 0 s; last seen: two of them$"):
        until(lambda: "two of them", seconds=0, what="three replicas", error=ValueError)
    assert until(lambda: "", seconds=0, what="nothing") < 1


def test_what_is_no_refusal_ends_it() -> None:
    sites: dict[str, str] = {}
    with pytest.raises(KeyError):
        until(lambda: sites["gra"], seconds=30, what="a site")
