"""Figures of a drill, from what participants and writers recorded."""

import pytest

from drill.clients.edge import Edge
from drill.clients.events import Event
from drill.clients.participant import Participant
from drill.clients.writes import Write
from drill.observation import Window, split_seconds, two_masters


def write(at: float, by: str) -> Write:
    return Write(1, at, 0.1, by, "")


def person(*stays: tuple[str, float, float]) -> Participant:
    """Somebody who had media on these instances, five messages a second."""
    participant = Participant(Edge("meeting.example", "198.51.100.1"), "room", "peer")
    for instance, begin, end in stays:
        participant.log.events.append(Event(begin - 1, "peer", "signalling", {"instance": instance}))
        participant.traffic.echoes += [begin + n * 0.2 for n in range(int((end - begin) / 0.2) + 1)]
    return participant


def test_one_master_after_the_other_is_no_moment_with_two() -> None:
    assert two_masters([write(1, "a"), write(2, "a"), write(5, "b"), write(9, "b")]) == 0


def test_two_masters_are_counted_while_both_acknowledge() -> None:
    assert two_masters([write(1, "a"), write(6, "a"), write(4.5, "b"), write(9, "b")]) == 1.5


def test_nobody_writes() -> None:
    assert two_masters([]) == 0


def test_a_pair_that_moves_is_not_split_while_one_has_no_media() -> None:
    one, two = person(("gra", 1, 10), ("sbg", 16, 30)), person(("gra", 1, 10), ("sbg", 14, 30))
    assert split_seconds(one, two, Window(5, 20, 30)) == 0


def test_a_pair_on_two_instances_is_split() -> None:
    one, two = person(("gra", 1, 30)), person(("gra", 1, 10), ("sbg", 14, 30))
    assert split_seconds(one, two, Window(5, 20, 30)) == pytest.approx(16, abs=0.5)


def test_a_split_outside_the_window_does_not_count() -> None:
    one, two = person(("gra", 1, 10), ("sbg", 15, 30)), person(("sbg", 1, 30))
    assert split_seconds(one, two, Window(12, 20, 30)) == 0
