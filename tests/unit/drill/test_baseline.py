"""Baseline has a ceiling: a target that is too busy says nothing, and a drill waits for quiet and gives up."""

import itertools
import os
import time

import pytest

from drill.baseline import Baseline, longest, over, quiet
from drill.clients.asking import Asked, Asking
from drill.target import TargetError

CALM = Baseline(0.6, 1.2, 0.1, 0.4, 1.0)
BUSY = (CALM, [over("page", 2.1)])


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each look at the clock is 30 s after the one before."""
    moments = itertools.count(1000, 30)
    monkeypatch.setattr(time, "monotonic", lambda: next(moments))
    monkeypatch.setattr(time, "sleep", lambda _: None)


def asking(*questions: Asked) -> Asking:
    one = Asking(lambda: True)
    one.questions += questions
    return one


def test_the_slowest_answer_counts() -> None:
    """Of questions that were begun in time."""
    assert longest(
        [asking(Asked(1, 9, True), Asked(10, 10.2, True)), asking(Asked(11, 11.7, True))], 10
    ) == pytest.approx(0.7)


def test_a_question_without_an_answer_is_not_quiet() -> None:
    assert longest([asking(Asked(10, 10.2, True), Asked(11, 11.1, False))], 10) is None
    assert longest([asking(Asked(1, 2, True))], 10) is None
    assert over("page", None) == "a page was not answered, and may take 0.5 s"


@pytest.mark.usefixtures("clock")
def test_a_drill_waits_for_quiet() -> None:
    said: list[str] = []
    watched = iter([BUSY, BUSY, (CALM, [])])
    assert quiet(lambda: next(watched), said.append) == CALM
    assert len(said) == 2
    assert said[0].startswith("waits for quiet: a page takes 2.10 s, and may take 0.5 s; the load here is ")


@pytest.mark.usefixtures("clock")
def test_a_ground_that_stays_busy_is_not_drilled(monkeypatch: pytest.MonkeyPatch) -> None:
    """For five minutes; then the figures and the load are said."""
    monkeypatch.setattr(os, "getloadavg", lambda: (9.0, 8.0, 7.0))
    with pytest.raises(TargetError) as refused:
        quiet(lambda: BUSY, lambda _: None)
    assert str(refused.value) == (
        "too busy to drill, for 300 s: a page takes 2.10 s, and may take 0.5 s; the load here is 9.0 8.0 7.0"
    )
