"""The order of a roll, where it stops, and that it goes on from there: with controls that only remember."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest

from ops.roll.plan import Situation, Step, plan, undo
from ops.roll.roll import Patience, StoppedError, put_back, roll
from ops.roll.waiting import Left, wait

IN_SERVICE = Situation(changed=False, leaving=frozenset(), zone=True, master=True)
ALL = replace(IN_SERVICE, changed=True, leaving=frozenset({"edge", "meeting", "redis"}))
AT_ONCE = Patience(drain=0, settle=0)


@dataclass
class FakeControls:
    """A site that does what it is told and changes as it would, until something breaks."""

    found: Situation
    done: list[str] = field(default_factory=list)
    fails: str = ""
    ill: Callable[["FakeControls", bool, bool], list[str]] = lambda *_: []  # with own, and others

    def situation(self) -> Situation:
        return self.found

    def standing(self) -> Situation:
        return replace(self.found, changed=False, leaving=frozenset())

    def lacking(self, *, own: bool, others: bool) -> list[str]:
        return self.ill(self, own, others)

    def dns(self, *, out: bool) -> None:
        self._do("dns out" if out else "dns in", dns_out=out)

    def drain(self) -> None:
        self._do("drain", drained=True)

    def close(self) -> None:
        self._do("close", drained=True, closed=True)

    def open(self) -> None:
        self._do("open", drained=False, closed=False)

    def left(self) -> Left:
        return Left()

    def hand_over(self) -> None:
        self._do("hand over", master=False)

    def apply(self) -> None:
        self._do("apply", changed=False, leaving=frozenset())

    def _do(self, what: str, **becomes: object) -> None:
        self.done.append(what)
        if what == self.fails:
            raise StoppedError(f"{what} fails")
        self.found = replace(self.found, **becomes)  # type: ignore[arg-type] # its own fields


def _roll(controls: FakeControls) -> list[str]:
    said: list[str] = []
    roll(controls, plan(controls.situation()), AT_ONCE, said.append)
    return said


def test_a_whole_site_is_drained_before_and_put_back_after() -> None:
    """Nobody comes any more, then those who are there have time, then the master goes, then the servers."""
    controls = FakeControls(ALL)
    said = _roll(controls)
    assert controls.done == ["dns out", "drain", "close", "hand over", "apply", "open", "dns in"]
    assert said[0] == f"[1/9] {Step.DNS_OUT}"
    assert controls.found == replace(IN_SERVICE, master=False)
    assert plan(controls.found) == ()


@pytest.mark.parametrize(
    ("found", "steps"),
    [
        (IN_SERVICE, ()),
        (replace(IN_SERVICE, changed=True), (Step.APPLY, Step.READY)),
        (
            replace(ALL, leaving=frozenset({"meeting"})),
            (Step.DRAIN, Step.WAIT, Step.CLOSE, Step.APPLY, Step.READY, Step.OPEN),
        ),
        (replace(ALL, leaving=frozenset({"redis"})), (Step.HAND_OVER, Step.APPLY, Step.READY)),
        (replace(ALL, leaving=frozenset({"redis"}), master=False), (Step.APPLY, Step.READY)),
        (replace(ALL, leaving=frozenset({"witness"}), master=False), (Step.APPLY, Step.READY)),
        (
            replace(ALL, leaving=frozenset({"edge"})),
            (Step.DNS_OUT, Step.WAIT, Step.APPLY, Step.READY, Step.DNS_IN),
        ),
        (replace(ALL, leaving=frozenset({"edge"}), zone=False), (Step.WAIT, Step.APPLY, Step.READY)),
        (replace(ALL, leaving=frozenset({"meeting"}), table=False), (Step.WAIT, Step.APPLY, Step.READY)),
    ],
    ids=["nothing", "pushes", "meeting", "master", "replica", "witness", "edge", "no zone", "no table"],
)
def test_only_what_leaves_is_drained(found: Situation, steps: tuple[Step, ...]) -> None:
    """A new release drains rooms, a new Redis hands over, pushed files and certificates drain nothing."""
    assert plan(found) == steps


@pytest.mark.parametrize("fails", ["dns out", "drain", "close", "hand over", "apply", "open", "dns in"])
def test_it_stops_where_it_fails_and_goes_on_from_there(fails: str) -> None:
    """Nothing after it is done; a second roll ends in service, without waiting again for whom it has moved."""
    controls = FakeControls(ALL, fails=fails)
    with pytest.raises(StoppedError, match=f"{fails} fails"):
        _roll(controls)
    assert controls.done[-1] == fails
    again = replace(controls, done=[], fails="")
    if fails in ("hand over", "apply"):
        assert Step.DRAIN not in plan(again.found) and Step.WAIT not in plan(again.found)
    _roll(again)
    assert again.found == replace(IN_SERVICE, master=False)


def test_an_apply_that_left_half_of_it_is_applied_again_before_anybody_is_let_in() -> None:
    """The instances are gone and not yet made: closed, changed, and nothing that leaves."""
    half = replace(IN_SERVICE, changed=True, drained=True, closed=True, dns_out=True, master=False)
    steps = (Step.APPLY, Step.READY, Step.OPEN, Step.DNS_IN)
    assert plan(half) == steps
    # One edge is gone and cannot be told any more: what is closed is not closed again.
    assert plan(replace(half, leaving=frozenset({"meeting"}))) == steps


@pytest.mark.parametrize("last", ["dns out", "drain", "close", "hand over"])
def test_it_opens_the_site_again_when_the_other_one_dies(last: str) -> None:
    """Between any two steps, as long as its servers are the old ones: new rooms have nowhere else to go."""
    controls = FakeControls(
        ALL, ill=lambda controls, own, _: ["sbg-edge is ERROR"] if last in controls.done and not own else []
    )
    with pytest.raises(StoppedError, match="last seen: sbg-edge is ERROR; what was taken out is put back, as it was"):
        _roll(controls)
    assert controls.done[controls.done.index(last) + 1 :] == (["open"] if last != "dns out" else []) + ["dns in"]
    assert not (controls.found.drained or controls.found.dns_out)


def test_a_site_is_opened_again_though_not_everybody_can_be_told() -> None:
    """A dead edge is named; the nameservers are told all the same."""
    controls = FakeControls(
        ALL, fails="open", ill=lambda controls, own, _: ["sbg is gone"] if "drain" in controls.done and not own else []
    )
    with pytest.raises(StoppedError, match="sbg is gone; what was taken out is put back, and open fails"):
        _roll(controls)
    assert controls.done == ["dns out", "drain", "open", "dns in"]


def test_nothing_is_taken_away_while_the_other_site_is_not_healthy() -> None:
    nothing_done = FakeControls(ALL, ill=lambda *_: ["sbg-redis: no quorum"])
    with pytest.raises(StoppedError, match="no quorum"):
        _roll(nothing_done)
    assert nothing_done.done == []


def test_new_servers_are_let_in_whoever_else_is_healthy() -> None:
    """The other site dies during `pulumi up`: that this one serves again is what there is to be done."""
    controls = FakeControls(
        ALL, ill=lambda controls, _, others: ["sbg is gone"] if "apply" in controls.done and others else []
    )
    with pytest.raises(StoppedError, match="sbg is gone"):
        _roll(controls)
    assert controls.done[-2:] == ["open", "dns in"]


def test_nobody_is_let_in_before_the_new_servers_are_healthy() -> None:
    controls = FakeControls(
        ALL, ill=lambda controls, own, _: ["gra-edge: 502"] if own and "apply" in controls.done else []
    )
    with pytest.raises(StoppedError, match="gra-edge: 502"):
        _roll(controls)
    assert controls.done[-1] == "apply"
    assert plan(controls.found) == (Step.READY, Step.OPEN, Step.DNS_IN)


def test_instances_that_do_not_come_up_again_are_told_at_the_end() -> None:
    controls = FakeControls(ALL, ill=lambda _, own, others: ["gra-1 is DOWN"] if own and others else [])
    with pytest.raises(StoppedError, match="gra-1 is DOWN"):
        _roll(controls)
    assert controls.done[-1] == "dns in"


def test_undo_puts_back_what_is_drained_and_nothing_else() -> None:
    assert undo(ALL) == ()
    assert undo(replace(ALL, drained=True)) == (Step.OPEN,)
    assert undo(replace(ALL, drained=True, dns_out=True)) == (Step.OPEN, Step.DNS_IN)


def test_undo_asks_nobody_how_they_are() -> None:
    """The moment it is needed is when another site is lost: then nothing is healthy."""
    controls = FakeControls(replace(IN_SERVICE, drained=True, dns_out=True), ill=lambda *_: ["all is lost"])
    put_back(controls, lambda _: None)
    assert controls.done == ["open", "dns in"]


class Meetings:
    """Rooms that end at their times, on a clock that only the wait moves."""

    def __init__(self, *ends: float, unknown_until: float = 0) -> None:
        self.now, self.ends, self.unknown_until = 0.0, ends, unknown_until
        self.said: list[str] = []
        self.asked: list[float] = []

    def look(self) -> Left:
        left = sum(end > self.now for end in self.ends)
        return Left(left, 2 * left, unknown=("metrics do not answer",) if self.now < self.unknown_until else ())

    def wait(self, *, least: float = 0, deadline: float) -> Left:
        def pause(seconds: float) -> None:
            self.now += seconds

        return wait(
            self.look,
            lambda: self.asked.append(self.now),
            self.said.append,
            least=least,
            deadline=deadline,
            clock=lambda: self.now,
            pause=pause,
        )


def test_it_waits_until_the_last_room_has_ended() -> None:
    """Saying who is left whenever that changes, once a minute else; and looking at the other site once a minute."""
    meetings = Meetings(12, 200)
    assert meetings.wait(deadline=3600).nobody
    assert 200 <= meetings.now < 206
    assert meetings.said[0] == "2 rooms with 4 people; at the longest 1:00:00 more"
    assert meetings.said[1] == "1 rooms with 2 people; at the longest 0:59:45 more"
    assert len(meetings.said) == 5
    assert len(meetings.asked) == 3


def test_no_room_is_cut_before_the_deadline_and_none_waited_for_after_it() -> None:
    meetings = Meetings(1000)
    left = meetings.wait(deadline=303)
    assert (left.rooms, meetings.now) == (1, 303)


def test_resolvers_are_waited_for_though_nobody_is_there() -> None:
    meetings = Meetings()
    assert meetings.wait(least=30, deadline=3600).nobody
    assert meetings.now == 30


def test_who_cannot_be_asked_is_not_taken_for_empty() -> None:
    meetings = Meetings(unknown_until=100)
    assert meetings.wait(deadline=3600).nobody
    assert meetings.now == 100
    assert "not known: metrics do not answer" in meetings.said[0]
