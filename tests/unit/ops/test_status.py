"""`make status`: what is asked of an edge, and when its certificate is too old."""

import subprocess
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fleet import https
from fleet.opening import opening_findings
from ops.status import certificate_days, edge_findings
from tests.unit.deployed import PUBLIC, deployed


@pytest.mark.parametrize(
    ("facts", "days"),
    [
        ({}, 14),
        ({"monitoring": None}, 14),
        ({"monitoring": {"webhook": True}}, 14),
        ({"monitoring": {"thresholds": {"certificate_days": 30}}}, 30),
    ],
    ids=["no monitoring", "monitoring is off", "its default", "its own"],
)
def test_the_days_are_those_of_the_alert(facts: dict[str, Any], days: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """One more is good, as many are not."""
    assert certificate_days(facts) == days
    for left, good in ((days + 1, True), (days, False)):
        ends = datetime.now(UTC) + timedelta(days=left, hours=1)
        answer = https.Answer(200, 0.01, ends, {}, b"")
        monkeypatch.setattr(https, "ask", lambda *_, answer=answer, **__: answer)
        monkeypatch.setattr(https, "addresses", lambda _: {PUBLIC["gra-edge"]})
        found = {
            finding.what: finding for finding in edge_findings(deployed("gra"), None, days=certificate_days(facts))
        }
        certificate = found["production-gra-edge-1 certificate"]
        assert (certificate.good, certificate.said) == (good, f"{left} days left")


@pytest.mark.parametrize(
    ("printed", "good"),
    [
        ("a room opens, with audio and video\n", True),
        ("a guest is answered signInRequired; 2 SFU workers run\n", True),
        ("the session was not deleted: no node\na room opens, with audio and video\n", True),
        ("no room opens: the room: not within 6 s\n", False),
        ("sudo: multiparty-room: command not found\n", False),
        ("", False),
    ],
)
def test_a_meeting_server_says_whether_a_room_opens(printed: str, good: bool) -> None:
    """Each opens one itself; in its own words."""
    asked: list[str] = []

    def run(server: str, command: str) -> "subprocess.CompletedProcess[str]":
        asked.append(f"{server}: {command}")
        return subprocess.CompletedProcess([], 0, printed, "")

    (finding,) = opening_findings(deployed("gra"), run)
    assert (finding.what, finding.good) == ("production-gra-meeting-1 opens a room", good)
    assert finding.said == (printed.strip().splitlines() or ["nothing"])[-1]
    assert asked == ["production-gra-meeting-1: sudo multiparty-room 2>&1 || true"]
