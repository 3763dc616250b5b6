"""The catalogue has every fault that the settings answer for, and refuses what it does not have."""

import pytest

from drill.catalogue import ALL, UnknownFaultError, chosen
from recovery.fault import Fault


def test_every_fault_has_an_exercise() -> None:
    assert {exercise.fault for exercise in ALL.values()} == set(Fault)


def test_the_seeds_steps_come_first() -> None:
    assert next(iter(ALL)) == "failover-test"


def test_names_choose_in_the_order_of_the_catalogue() -> None:
    assert [exercise.name for exercise in chosen([Fault.EDGE_LOST, "failover-test"])] == ["failover-test", "edge-lost"]


def test_an_unknown_fault_is_refused_with_those_that_are() -> None:
    with pytest.raises(UnknownFaultError, match=r"no such fault: earthquake; there are: failover-test, .*site-off"):
        chosen(["earthquake"])
