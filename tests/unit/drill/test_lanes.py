"""Gaps and spans of what clients were served."""

from drill.lanes import Lane
from drill.record import Span


def lane(*moments: float, interval: float = 0.5) -> Lane:
    return Lane("page", "pages", "gra", interval, moments)


def test_the_longest_gap_counts_from_the_injection() -> None:
    assert lane(98, 99, 104, 104.5, 105).gap(100, 105) == 4


def test_a_gap_after_the_return_counts_as_well() -> None:
    assert lane(101, 102, 108, 109, 110).gap(100, 110) == 6


def test_what_did_not_come_back_has_no_figure() -> None:
    assert lane(99, 101).gap(100, 110) is None
    assert lane().gap(100, 110) is None


def test_spans_are_gaps_by_far_longer_than_the_interval() -> None:
    assert lane(99.5, 100, 101, 104, 105).spans(99.8, 105) == [Span("pages", 101 - 99.8, 104 - 99.8)]


def test_a_span_that_began_before_the_injection_is_shown_from_it() -> None:
    assert lane(97, 104, 105).spans(100, 105) == [Span("pages", 0.0, 4.0)]


def test_a_span_that_does_not_end_is_shown_to_the_end() -> None:
    assert lane(99.5, 101).spans(100, 110) == [Span("pages", 1.0, 10.0)]


def test_steady_is_service_without_a_gap() -> None:
    assert lane(104, 104.5, 105, 105.5, 106).steady(100, 106, 2)
    assert not lane(100, 103, 105.9).steady(100, 106, 3)


def test_service_before_the_injection_is_not_steady() -> None:
    assert not lane(98, 99, 99.9).steady(100, 100.5, 3)
