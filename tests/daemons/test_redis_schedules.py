"""Faults that overlap, on real daemons: a short selection of the schedules that schedules.py makes by the hundred."""

from pathlib import Path

import pytest

from tests.daemons.redis_trio import ADDRESSES, booted
from tests.daemons.schedules import run, schedule, wait_whole

# Both sites off and the witness standing still; every server killed or replaced within six seconds.
SEEDS = (5, 6)


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_acknowledged_is_lost_and_all_is_whole_without_a_person(seed: int, tmp_path: Path) -> None:
    """But for what a master acknowledged around its own loss, for the stated seconds."""

    def directory(name: str) -> Path:
        (tmp_path / name).mkdir()
        return tmp_path / name

    steps = schedule(seed, list(ADDRESSES))
    with booted(directory) as hosts:
        wait_whole(hosts)
        gone = run(hosts, steps)
    assert not gone, f"seed {seed}: {'; '.join(map(str, steps))}"
