"""Kills, reloads, drains, replaced edges that overlap: a short selection of what schedules.py makes by the hundred."""

from pathlib import Path

import pytest

from recovery.meeting import REUNITED
from tests.edge import scheduled
from tests.edge.fleet import Fleet
from tests.edge.mutations import MUTATIONS
from tests.edge.schedules import run, schedule

CHANGES = scheduled.CHANGES
# A site's nodes drained and off while its edge reloads; an edge replaced that is cut off from the other one then.
SELECTED = [5, 13]
# People arrive at the same moment; a process is back when one edge has found it down and the other one has not, to
# which a seed comes about every second time.
FOUND_BY = {"placement": [8], "unwatched": [99, 34, 20, 81, 42, 23]}


def test_every_seed_has_a_schedule() -> None:
    """Also where both edges have something done to them already, and a third of theirs would be next."""
    assert {len(schedule(seed)[0]) for seed in range(1, 1001)} == {1, 2, 3}


@pytest.mark.timeout(600)
@pytest.mark.parametrize("what", FOUND_BY)
def test_a_split_is_found(caddy: Path, tmp_path: Path, what: str) -> None:
    """By one of the seeds, on edges with what kept rooms apart before."""
    with MUTATIONS[what](), Fleet(tmp_path, caddy, CHANGES) as fleet, fleet.wire.entered():
        outcomes = (run(scheduled.Scheduled(fleet), seed) for seed in FOUND_BY[what])
        assert any(outcome.apart > REUNITED + outcome.standstill for outcome in outcomes)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", SELECTED)
def test_no_room_is_on_two_instances_and_all_are_whole_without_a_person(fleet: Fleet, seed: int) -> None:
    """But for as long as is stated."""
    outcome = run(scheduled.Scheduled(fleet), seed)
    assert not outcome.findings, f"{seed}: {outcome}"
