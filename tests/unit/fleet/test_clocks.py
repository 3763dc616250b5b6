"""`make status` of clocks: how far apart they are for sure, however long a server takes to say its own."""

import subprocess
import time
from collections.abc import Collection

import pytest

from fleet import clocks
from tests.unit.deployed import deployed

LATE = 0.5  # seconds; a login through an edge, whose clock is read at its end


def apart(monkeypatch: pytest.MonkeyPatch, *, late: Collection[str], ahead: float = 0) -> list[str]:
    """The servers whose clocks are said to be apart; GRA's edge is ahead of the others by some seconds."""
    monkeypatch.setattr(clocks, "SKEW", LATE / 5)

    def run(server: str, command: str) -> "subprocess.CompletedProcess[str]":
        time.sleep(LATE if any(role in server for role in late) else 0)
        own = ahead if server == "production-gra-edge-1" else 0
        return subprocess.CompletedProcess([], 0, f"{time.time() + own} yes\n", "")

    found = clocks.clock_findings(deployed("gra", "sbg", "witness"), run)
    return [finding.what for finding in found if not finding.good]


@pytest.mark.parametrize("late", [(), ("meeting", "redis"), ("edge", "witness"), ("gra-edge",)], ids=str)
def test_servers_that_take_their_time_have_no_wrong_clock(
    late: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor those that are faster than most: when the others' clocks were read is known no better."""
    assert apart(monkeypatch, late=late) == []


@pytest.mark.parametrize("late", [(), ("meeting", "redis")], ids=str)
def test_a_clock_that_is_apart_for_sure_is_named(late: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    assert apart(monkeypatch, late=late, ahead=60) == ["production-gra-edge-1 clock"]
