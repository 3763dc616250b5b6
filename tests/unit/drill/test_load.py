"""How many people are held: the ramp's bounds, its limits of quality, the meter, and the model of processors."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest

from drill.load.generator import Generator, Seen, Service, generator
from drill.load.meter import Reading, read
from drill.load.model import each_costs, fit
from drill.load.picture import picture
from drill.load.ramp import LONGEST, MOST_PEOPLE, Plan, ramp
from drill.load.report import Ramp, prediction, row, summary
from drill.load.shape import SHAPES, Shape
from drill.load.step import Limits, Step
from fleet.command_line import CommandError

QUIET = Step(0, 0, 0, None, 0.0, 0.0, 0.02, 1.0, 0.0, 0.0)
GOOD = Step(12, 0, 0, 0.4, 0.0, 3.0, 0.2, 15.0, 30.0, 0.05)
PLAN = Plan(Shape(3), most=12, step=4, hold=0.0, pace=0.0)


class Crowd(Generator):
    """People who come at once, and lose packets from some number on."""

    def __init__(self, loses_from: int = 1000) -> None:
        self.places: list[tuple[str, str]] = []
        self.loses_from = loses_from

    def join(self, places: Sequence[tuple[str, str]]) -> None:
        self.places += places

    def report(self) -> Seen:
        people = len(self.places)
        lost = 50 if people >= self.loses_from else 0
        return Seen(
            people=people,
            gone=0,
            joins=(0.5,) * people,
            failures=None,
            seconds=1.0,
            streams=people,
            silent=0,
            expected=1000,
            lost=lost,
            jitter=2.0,
            received=people * 100_000,
            sent=0,
            cpu=0.01 * people,
        )


def _meter() -> Reading:
    return Reading({"node": 0.0})


def test_a_ramp_goes_up_by_whole_rooms_to_its_bound() -> None:
    crowd = Crowd()
    told: list[Step] = []
    found = ramp(PLAN, Limits(), crowd, _meter, told.append)
    assert [step.people for step in found.steps] == [0, 6, 12]
    assert found.steps == told
    assert found.ended == "the bound of 12 people"
    assert found.held == found.steps[-1]
    rooms = [room for room, _ in crowd.places]
    assert {rooms.count(room) for room in rooms} == {3}
    assert len({peer for _, peer in crowd.places}) == 12


def test_a_ramp_ends_where_quality_does() -> None:
    found = ramp(replace(PLAN, most=60), Limits(), Crowd(loses_from=12), _meter, lambda step: None)
    assert found.ended == "loss 5.00 %, more than 1"
    assert found.held
    assert found.held.people == 6


def test_a_ramp_ends_before_its_time_is_over() -> None:
    plan = replace(PLAN, most=600, longest=10.0, pace=2.0)
    found = ramp(plan, Limits(), Crowd(), _meter, lambda step: None)
    assert found.ended == "the bound of 10 s"
    assert [step.people for step in found.steps] == [0]
    assert found.held is None


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        (replace(PLAN, most=MOST_PEOPLE + 1), f"people = {MOST_PEOPLE + 1}: must be 3 to {MOST_PEOPLE}"),
        (replace(PLAN, most=2), "people = 2: must be 3 to"),
        (replace(PLAN, step=0), "people a step = 0: must be 1 to 12"),
        (replace(PLAN, longest=LONGEST + 1), f"seconds = {LONGEST + 1}: must be 1 to {LONGEST}"),
        (replace(PLAN, shape=Shape(51), most=60), "people of a room = 51: must be 2 to 50"),
    ],
)
def test_what_is_not_bounded_is_refused_before_anybody_comes(plan: Plan, words: str) -> None:
    crowd = Crowd()
    with pytest.raises(CommandError, match=words):
        ramp(plan, Limits(), crowd, _meter, lambda step: None)
    assert not crowd.places


@pytest.mark.parametrize(
    ("step", "limits", "words"),
    [
        (GOOD, Limits(), []),
        (replace(GOOD, failed=1), Limits(), ["1 could not come or stay"]),
        (replace(GOOD, silent=2), Limits(), ["2 streams brought nothing"]),
        (replace(GOOD, join=6.0), Limits(), ["join 6.0 s, more than 5"]),
        (replace(GOOD, jitter=40.0, loss=1.5), Limits(), ["loss 1.50 %, more than 1", "jitter 40 ms, more than 30"]),
        (replace(GOOD, busiest=95.0), Limits(), ["the busiest process 95 % of a processor, more than 90"]),
        (replace(GOOD, mbit=401.0), Limits(mbit=400.0), ["401 Mbit/s, more than 400"]),
    ],
)
def test_what_is_not_good_enough_is_said_with_its_figure(step: Step, limits: Limits, words: list[str]) -> None:
    assert list(limits.broken(step)) == words


def test_a_meter_counts_a_meeting_servers_processes_alone() -> None:
    """By the fields that Linux documents: user and system time are the 14th and the 15th; a name may hold anything."""
    line = "{} ({}) S 1 1 1 0 -1 4194560 1 0 0 0 {} {} 0 0 20 0 1 0 1 1 1"
    before = "\n".join([line.format(7, "node", 100, 50), line.format(9, "a) (b", 900, 0), "100"])
    after = "\n".join([line.format(7, "node", 200, 150), line.format(8, "mediasoup-worke", 100, 0), "100"])
    assert read(before, "gra-1").seconds == {"gra-1/7": 1.5}
    assert read(after).since(read(before), 10.0) == pytest.approx((0.3, 0.2))


def test_packets_follow_from_a_shape() -> None:
    """One room of two at 1 Mbit/s: 50 packets of audio, and 25 frames of 5,000 bytes in 5 packets each."""
    assert (SHAPES["pair"].packets_in, SHAPES["pair"].packets_out) == (175, 175)
    assert Shape(10, audio=40, video=0).packets_out == 450
    assert Shape(10, audio=0, video=100, last_n=4).packets_out == 100
    assert Shape(3, audio=40, video=100, last_n=4).packets_out == 150


def test_a_model_of_two_shapes_gives_the_third_back() -> None:
    """Exactly, where the figures are made of it."""
    taken, sent = 4e-6, 11e-6
    costs = {name: taken * one.packets_in + sent * one.packets_out for name, one in SHAPES.items()}
    model = fit(SHAPES["pair"], costs["pair"], SHAPES["class"], costs["class"])
    assert (model.taken, model.sent) == pytest.approx((taken, sent))
    assert model.each(SHAPES["meeting"]) == pytest.approx(costs["meeting"])
    assert model.per_core(SHAPES["meeting"]) == pytest.approx(1 / costs["meeting"])


def test_shapes_that_are_alike_make_no_model() -> None:
    with pytest.raises(ValueError, match="take shapes that differ"):
        fit(SHAPES["pair"], 0.01, Shape(2), 0.01)
    with pytest.raises(ValueError, match="two steps of different sizes"):
        each_costs([GOOD, GOOD])


def test_what_an_idle_server_takes_does_not_count() -> None:
    steps = [QUIET, GOOD, replace(GOOD, people=24, cores=0.38)]
    assert each_costs(steps) == pytest.approx(0.015)


def test_a_ramp_is_told_in_words_and_drawn() -> None:
    one = Ramp(SHAPES["meeting"], [QUIET, GOOD, replace(GOOD, people=24, cores=0.38)], "the bound of 24 people")
    said = list(summary(one))
    assert said[1:3] == [
        "24 people at the most that were good enough",
        "67 people a core (15.00 ms of a processor each a second)",
    ]
    assert said[3].startswith("0.80 people a Mbit/s (1.25 Mbit/s each)")
    assert row(QUIET).split()[1] == "-"
    drawn = fromstring(picture(one, Limits()))  # noqa: S314 - our own
    assert len(drawn.findall("{http://www.w3.org/2000/svg}circle")) == 2 + 4 * 3
    assert list(summary(replace(one, steps=[QUIET], ended="loss 5 %")))[1] == "no step with people was good enough"


def test_a_prediction_says_how_far_it_is_off() -> None:
    def made(shape: Shape, each: float) -> Ramp:
        return Ramp(shape, [QUIET, replace(GOOD, people=100, cores=QUIET.cores + 100 * each)], "the bound")

    said = list(prediction([made(SHAPES["pair"], 0.003), made(SHAPES["class"], 0.02), made(SHAPES["meeting"], 0.008)]))
    assert said[0].startswith("model: ")
    assert "people a core predicted, 125 measured (" in said[1]
    assert next(prediction([made(SHAPES["pair"], 0.003)] * 2)).startswith("no model: ")


def test_people_whose_program_ends_are_missed(tmp_path: Path) -> None:
    """A program that is not there to be told says so, not with a broken pipe."""
    program = tmp_path / "ends"
    program.write_text("#!/bin/sh\nexit 1\n")
    program.chmod(0o755)
    nowhere = Service("https://a", ("127.0.0.1",), ("127.0.0.1",))
    ended = pytest.raises(CommandError, match="the synthetic participants' program ended")
    with generator(program, nowhere, Shape(2), 0.1) as crowd, ended:
        crowd.report()
