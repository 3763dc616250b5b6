"""Figures of a drill, from what participants and writers recorded."""

from dataclasses import replace

import pytest

from drill.arrivals import Arrivals
from drill.clients.edge import Edge
from drill.clients.events import Event
from drill.clients.participant import Participant
from drill.clients.writes import Write
from drill.crowd import Crowd, Meetings, Newcomers
from drill.lanes import Lane
from drill.observation import Budgets, Seen, Window, detection, measures, split_seconds, two_masters
from drill.record import Mark, Measure


def write(at: float, by: str) -> Write:
    return Write(1, at, 0.1, by, "")


def person(*stays: tuple[str, float, float]) -> Participant:
    """Somebody who had media on these instances, five messages a second."""
    participant = Participant(Edge("meeting.example", "198.51.100.1"), "room", "peer")
    for instance, begin, end in stays:
        participant.log.events.append(Event(begin - 1, "peer", "signalling", {"instance": instance}))
        participant.traffic.grew += [begin + n * 0.2 for n in range(int((end - begin) / 0.2) + 1)]
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


WINDOW = Window(since=100, healed=120, until=140)
PROMISED: Budgets = {
    "page": 5.0,
    "page on the return": 2.0,
    "write": 5.0,
    "writes lost": 0,
    "window of lost writes": 0,
    "two masters": 0,
    "rooms split": 0,
}


def lane(*moments: float, site: str = "gra") -> Lane:
    """Pages asked for each half second."""
    return Lane("page", f"pages, {site} first", site, 0.5, moments)


def served(begin: float, end: float) -> list[float]:
    return [begin + n * 0.5 for n in range(int((end - begin) * 2) + 1)]


def seen(*lanes: Lane, splits: tuple[float, ...] = (), astray: tuple[str, ...] = ()) -> Seen:
    """A crowd that writes nothing, on a cloud."""
    meetings = Meetings({}, {})
    arrivals = Arrivals(Edge("meeting.example", "198.51.100.1"), "gra")
    arrivals.splits += splits
    newcomers = Newcomers({"gra": arrivals}, {})
    return Seen(Crowd({}, {}, {}, {}), meetings, newcomers, lanes, lanes, astray, {})


def by_name(of: Seen) -> dict[str, Measure]:
    return {measure.name: measure for measure in measures(of, WINDOW, PROMISED)}


def test_nobody_served_after_the_return_is_a_miss() -> None:
    """201 s after the undo nobody was served: a fail-back outage does not pass."""
    page = by_name(seen(lane(*served(95, 120))))["page on the return"]
    assert (page.seen, page.met) == (None, False)


def test_a_gap_on_the_return_is_held_against_its_own_budget() -> None:
    """Service with a gap of 6 s after the undo, none before."""
    found = by_name(seen(lane(*served(95, 122), *served(128, 140))))
    assert (found["page"].seen, found["page"].met) == (0.5, True)
    assert (found["page on the return"].seen, found["page on the return"].met) == (6, False)


def test_who_is_promised_nothing_during_the_fault_is_served_on_the_return() -> None:
    """The clients of a site that was cut off count from its return."""
    of = seen(lane(*served(95, 140)), lane(*served(95, 100), *served(123, 140), site="sbg"))
    found = by_name(replace(of, promised=of.lanes[:1]))
    assert found["page"].met
    assert (found["page on the return"].seen, found["page on the return"].met) == (3, False)


def test_nobody_who_writes_has_no_figures_of_writes() -> None:
    """On a cloud there is no writer: nothing lost is not the same as nothing seen."""
    found = by_name(seen(lane(*served(95, 140))))
    assert not found.keys() & {"write", "write on the return", "writes lost", "window of lost writes", "two masters"}


def test_two_who_come_at_the_same_moment_have_to_meet() -> None:
    """Newcomers who opened one room on two instances, and latecomers who were led astray, are split rooms."""
    assert by_name(seen(lane(*served(95, 140))))["rooms split"].met
    split = by_name(seen(lane(*served(95, 140)), splits=(90, 110, 130), astray=("beyond",)))["rooms split"]
    assert (split.seen, split.met) == (3, False)


def test_a_room_is_split_when_its_people_are_not_led_together() -> None:
    """Each edge may have sent its people elsewhere for as long as it takes to lead them together."""
    one = person(("gra", 90, 140))
    for apart, split in ((1.5, 0), (4.0, 1)):
        other = person(("gra", 90, 104), ("sbg", 106, 106 + apart), ("gra", 110.5, 140))
        of = replace(seen(lane(*served(95, 140))), meetings=Meetings({}, {"across": (one, other)}))
        assert by_name(of)["rooms split"].seen == split


def found(at: float, about: str) -> Mark:
    return Mark(at, "", "somebody says so", about)


def test_detection_is_about_the_fault() -> None:
    """The first word about anything else is none."""
    (one,) = detection([found(1, "sbg-1"), found(4, "gra-1")], {"gra-1": 100}, WINDOW, 5)
    assert (one.seen, one.met) == (4, True)


def test_what_nobody_detects_is_not_met() -> None:
    (one,) = detection([found(1, "sbg-1"), found(4, "")], {"gra-1": 100}, WINDOW, 5)
    assert (one.seen, one.met) == (None, False)


def test_of_a_site_everything_has_to_be_detected() -> None:
    """Each counts from its own loss, and the last one counts."""
    lost = {"master": 100.0, "gra-1": 112.0}
    (one,) = detection([found(3, "master"), found(16, "gra-1")], lost, WINDOW, 5)
    assert (one.seen, one.met) == (4, True)
    (missing,) = detection([found(3, "master")], lost, WINDOW, 5)
    assert not missing.met


def test_what_nobody_has_to_find_has_no_figure() -> None:
    """What systemd brings back; and what is found without a promise is a figure without a budget."""
    assert detection([found(1, "gra-1")], {}, WINDOW, 5) == []
    assert detection([], {"lab-gra-edge-1": 100}, WINDOW, None) == []
    assert detection([found(2, "gra-1")], {"gra-1": 100}, WINDOW, None) == [Measure("detect", "s", 2, None)]
