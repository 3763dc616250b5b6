"""The checklist's lines that no server answers: drills, alerts, the runbook."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from drill.record import Drilled, Report
from drill.report.store import place, write
from fleet.finding import Finding
from ops.checklist.documents import drill_findings, runbook_findings, unmonitored
from recovery.fault import Fault
from tests.unit.drill.drilled import KEPT, REPORT

NOW = datetime(2026, 11, 26, 8, 0, tzinfo=UTC)


def _keep(store: Path, day: int, *drilled: Drilled) -> Report:
    report = replace(REPORT, environment="production", begun=f"2026-11-{day}T09:00:00+01:00", drilled=drilled)
    write(report, place(report, store))
    return report


def _one(name: str, *, passed: bool = True) -> Drilled:
    return replace(KEPT, name=name, problems=() if passed else ("it did not come back",))


def test_a_passed_drill_of_a_stopped_instance_ticks(tmp_path: Path) -> None:
    """With its age; what has not been drilled is said, and the drill of another environment is none of this one."""
    _keep(tmp_path, 23, _one("meeting-server-off"), _one("edge-lost"))
    stopped, all_of_them = drill_findings("production", tmp_path, NOW)
    assert (stopped.good, stopped.said) == (True, "meeting-server-off passed 3 days ago (2026-11-23)")
    assert (all_of_them.good, all_of_them.said.partition(";")[0]) == (True, "2 of 2 passed")
    assert "not drilled yet: meeting-process-killed, " in all_of_them.said
    (none,) = drill_findings("staging", tmp_path, NOW)
    assert (none.good, none.said) == (False, f"no report of staging in {tmp_path}: make drill")


def test_the_last_drill_of_each_fault_counts(tmp_path: Path) -> None:
    """A failed one is made good by repeating it alone, and not by a later drill of something else."""
    _keep(tmp_path, 20, *(_one(fault, passed=fault != Fault.EDGE_LOST) for fault in Fault))
    _keep(tmp_path, 24, _one("haproxy-lost"))
    _, every = drill_findings("production", tmp_path, NOW)
    assert (every.good, every.said) == (
        False,
        f"{len(Fault) - 1} of {len(Fault)} passed; edge-lost failed 6 days ago (2026-11-20): see its report",
    )
    _keep(tmp_path, 25, _one("edge-lost"))
    assert all(finding.good for finding in drill_findings("production", tmp_path, NOW))


def test_another_fault_is_no_stopped_instance(tmp_path: Path) -> None:
    _keep(tmp_path, 26, _one("edge-lost"), _one("meeting-server-off", passed=False))
    stopped, _ = drill_findings("production", tmp_path, NOW)
    assert (stopped.good, stopped.said) == (False, "none passed: make drill")


def test_a_report_that_cannot_be_read_is_a_finding(tmp_path: Path) -> None:
    report = _keep(tmp_path, 26, _one("edge-lost"))
    (place(report, tmp_path) / "report.json").write_text("{}")
    (broken,) = drill_findings("production", tmp_path, NOW)
    assert not broken.good
    assert "report.json: not a drill's report of format 1" in broken.said


@pytest.mark.parametrize(("age", "said"), [(timedelta(), "today"), (timedelta(days=1), "1 day ago")])
def test_ages_are_said_as_people_do(age: timedelta, said: str, tmp_path: Path) -> None:
    _keep(tmp_path, 23, _one("site-off"))
    stopped, _ = drill_findings("production", tmp_path, datetime(2026, 11, 23, 9, tzinfo=UTC) + age)
    assert said in stopped.said


def test_without_monitoring_the_alerts_are_not_ticked() -> None:
    """And it is said what to watch meanwhile."""
    (without,) = unmonitored({"domain": "meeting.organisation.fr"})
    assert not without.good
    assert "not ticked: " in without.said and "https://meeting.organisation.fr/health" in without.said
    assert "port 8889" in without.said


def test_the_runbook_is_looked_at_fault_by_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    (found,) = runbook_findings()
    assert (found.good, found.said) == (True, f"all {len(Fault)} faults have an entry, in English and in French")
    monkeypatch.setattr(
        "ops.checklist.documents.shortcomings", lambda fault: (f"no entry {fault}",) if fault == "edge-lost" else ()
    )
    assert runbook_findings() == [Finding("Runbook", False, "no entry edge-lost")]
