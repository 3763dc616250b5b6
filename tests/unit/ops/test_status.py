"""`make status`: what is asked of an edge, and when its certificate is too old."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fleet import https
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
