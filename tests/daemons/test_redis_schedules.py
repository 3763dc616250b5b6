"""Faults that overlap, on real daemons: a short selection of the schedules that schedules.py makes by the hundred."""

from pathlib import Path

import pytest

from tests.daemons.schedules import scheduled

# With Sentinel: both sites off and the witness standing still; every server killed or replaced within six seconds.
SELECTED = [("sentinel", 5), ("sentinel", 6), ("cluster", 5), ("cluster", 6)]


@pytest.mark.parametrize(("kind", "seed"), SELECTED)
def test_nothing_acknowledged_is_lost_and_all_is_whole_without_a_person(kind: str, seed: int, tmp_path: Path) -> None:
    """But for what a master acknowledged around its own loss, for the stated seconds."""
    steps, gone = scheduled(seed, kind, tmp_path)
    assert not gone, f"{kind} {seed}: {'; '.join(map(str, steps))}"
