"""A Sentinel that names another master than all others, of the same epoch, and takes none of their words."""

from functools import partial

import pytest

from tests.daemons.redis_trio import ADDRESSES, booted, named_master
from tests.unit.waiting import eventually

# Half a minute of looks, a failover, and a busy machine.
AGREES_SECONDS = 90


def test_a_sentinel_that_all_others_contradict_takes_their_master(tmp_path_factory: pytest.TempPathFactory) -> None:
    """As two failovers within seconds leave one, and without a failover that the others would see as a loss."""
    with booted(tmp_path_factory.mktemp) as trio:
        host, master = trio["witness"], ADDRESSES["gra"]
        host.stop("redis-sentinel")
        swapped = {ADDRESSES["gra"]: ADDRESSES["sbg"], ADDRESSES["sbg"]: ADDRESSES["gra"]}
        lines = host.sentinel_conf.read_text().splitlines()
        for number, line in enumerate(lines):
            if line.startswith(("sentinel monitor ", "sentinel known-replica ")):
                lines[number] = " ".join(swapped.get(word, word) for word in line.split(" "))
        host.sentinel_conf.write_text("\n".join([*lines, ""]))
        host.restart("redis-sentinel")
        eventually(partial(named_master, host), ADDRESSES["sbg"].__eq__, seconds=60, what="another master is named")
        eventually(
            partial(named_master, host), master.__eq__, seconds=AGREES_SECONDS, what="the others' master is named"
        )
        assert {name: named_master(each) for name, each in trio.items()} == dict.fromkeys(trio, master)
        assert [each.info()["role"] for each in trio.values()] == ["master", "slave", "slave"]
