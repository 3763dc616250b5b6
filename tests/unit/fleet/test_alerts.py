"""Whether there are alerts, as the checklist asks the witness; the tunnel to where people look."""

import subprocess
from itertools import pairwise
from pathlib import Path

import pytest

from boot.monitoring.alerts import Alert
from fleet.alerts import asked, read
from fleet.finding import Finding
from fleet.stacks import StackError
from ops.checklist.monitored import alert_findings
from ops.dashboards import tunnel
from tests.unit.deployed import deployed
from tests.unit.fleet.told import SERVERS, told

WITNESS = "production-witness-witness-1"


def _judged(answer: str, returncode: int = 0) -> Finding:
    def run(server: str, command: str) -> "subprocess.CompletedProcess[str]":
        assert server == WITNESS
        return subprocess.CompletedProcess(command, returncode, answer, "curl: (7) Failed to connect\n")

    (finding,) = alert_findings(deployed("gra", "sbg", "witness"), run)
    return finding


def test_alerts_are_ticked_by_monitoring_itself() -> None:
    """All of them, somebody to tell, every server asked; one that fires is said, and is no reason not to tick."""
    peace = _judged(told())
    assert peace == Finding(f"{WITNESS} alerts", True, f"{len(Alert)} alerts, none but Watchdog fires")
    trouble = _judged(told(firing=(Alert.WATCHDOG, Alert.DISK_FULL)))
    assert trouble.good and "now DiskFull" in trouble.said


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (told(firing=()), "Watchdog does not fire"),
        (told(alertmanagers=0), "nobody is told"),
        (told(alerts=set(Alert) - {Alert.EDGE_DOWN}), "lacks EdgeDown"),
        (told(servers=SERVERS[:3]), "does not watch production-sbg-edge-1, production-sbg-meeting-1"),
        (told(down=SERVERS[:1]), "no answer from node production-gra-edge-1"),
        ("{}\n", "answers what makes no sense"),
    ],
)
def test_what_is_missing_is_said_and_not_ticked(answer: str, said: str) -> None:
    found = _judged(answer)
    assert not found.good
    assert said in found.said


def test_monitoring_that_is_off_is_not_ticked() -> None:
    found = _judged("", returncode=7)
    assert (found.good, found.said) == (False, "cannot be asked: curl: (7) Failed to connect")
    (none,) = alert_findings(deployed("gra", "sbg"), lambda *_: pytest.fail("nobody is there to be asked"))
    assert not none.good


def test_alerts_of_a_cluster_without_rooms_or_zone_are_fewer() -> None:
    """What such an environment does not have is not missed."""
    other = {Alert.TWO_MASTERS, Alert.SENTINEL_MISSING, Alert.SENTINEL_QUORUM_LOST, Alert.ROOM_TABLES_DISAGREE}
    other |= {Alert.DNS_ANSWERS_DIFFER, Alert.NETWORK_NEAR_GATEWAY_CAP, Alert.CAPACITY_NEARLY_USED, Alert.NODE_FULL}
    assert _judged(told(alerts=set(Alert) - other)).good


@pytest.mark.parametrize(
    ("lacking", "said"),
    [
        ({Alert.PACKET_LOSS}, "meeting servers do not say what PacketLoss asks"),
        ({Alert.PACKET_LOSS, Alert.POOR_QUALITY}, "meeting servers do not say what PacketLoss, PoorQuality ask"),
    ],
)
def test_what_meeting_servers_do_not_say_of_quality_is_told_and_ticked(lacking: set[Alert], said: str) -> None:
    found = _judged(told(alerts=set(Alert) - lacking))
    assert found.good
    assert found.said.endswith(f"; {said}")


def test_waits_and_the_pace_come_from_prometheus() -> None:
    said = asked(lambda _, command: subprocess.CompletedProcess(command, 0, told(), ""), WITNESS)
    assert said == read(told())
    assert (said.holds[Alert.EDGE_DOWN], said.interval) == (30, 15)
    with pytest.raises(ValueError, match="monitoring does not answer: refused"):
        asked(lambda _, command: subprocess.CompletedProcess(command, 7, "", "refused"), WITNESS)


def test_the_tunnel_ends_at_this_machine(tmp_path: Path) -> None:
    """Both ports, on loopback at both ends, to the witness."""
    command = tunnel(deployed("gra", "witness"), tmp_path / "config")
    assert command[-1] == WITNESS
    forwards = [after for before, after in pairwise(command) if before == "-L"]
    assert forwards == ["127.0.0.1:9090:127.0.0.1:9090", "127.0.0.1:9093:127.0.0.1:9093"]
    with pytest.raises(StackError, match="the stacks named here have none"):
        tunnel(deployed("gra"), tmp_path / "config")
