"""What no server can be asked: the drill's reports, the alerts, the runbook."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from drill.record import Drilled, Report
from drill.report.store import kept, last_of_each
from drill.runbook import shortcomings
from fleet.finding import Finding
from recovery.fault import Fault
from settings.meeting import EXPORTER_PORT

# What the requirements' failover test does: it stops an instance.
INSTANCE_STOPPED = ("failover-test", Fault.MEETING_SERVER_OFF, Fault.MEETING_PROCESS_KILLED, Fault.SITE_OFF)


def drill_findings(environment: str, store: Path, now: datetime) -> list[Finding]:
    """Whether an instance was stopped in a drill of this environment, and whether each fault's last drill passed.

    Args:
        environment: its name.
        store: where reports are kept.
        now: with its time zone.
    """
    try:
        last = last_of_each(kept(environment, store))
    except ValueError as broken:
        return [Finding("Drill", False, f"its report cannot be read: {broken}")]
    if not last:
        return [Finding("Drill", False, f"no report of {environment} in {store}: make drill")]
    stopped = [_when(*last[fault], now) for fault in INSTANCE_STOPPED if fault in last and last[fault][1].passed]
    failed = [_when(*found, now) for found in last.values() if not found[1].passed]
    never = [fault for fault in Fault if fault not in last]
    said = f"{len(last) - len(failed)} of {len(last)} passed"
    said += f"; {'; '.join(failed)}: see its report" if failed else ""
    said += f"; not drilled yet: {', '.join(never)}" if never else ""
    return [
        Finding("Drill of a stopped instance", bool(stopped), "; ".join(stopped) or "none passed: make drill"),
        Finding("Each fault's last drill", not failed, said),
    ]


def unmonitored(environment: Mapping[str, Any]) -> list[Finding]:
    """What to watch in an environment without monitoring."""
    said = (
        "not ticked: the environment has no monitoring (docs/runbook.md#monitoring-set-up). Watch with a system of "
        "your own, outside of both sites: "
        f"https://{environment['domain']}/health through each edge (status and time), rooms and peers from port "
        f"{EXPORTER_PORT} of each instance over the backbone, CPU and memory of all servers, and for Redis the "
        "exit status of `make status`"
    )
    return [Finding("Alerts", False, said)]


def runbook_findings() -> list[Finding]:
    """Whether the runbook says in both languages what to do about each fault."""
    lacking = [said for fault in Fault for said in shortcomings(fault)]
    said = "; ".join(lacking) or f"all {len(Fault)} faults have an entry, in English and in French"
    return [Finding("Runbook", not lacking, said)]


def _when(report: Report, one: Drilled, now: datetime) -> str:
    begun = datetime.fromisoformat(report.begun).astimezone(UTC)
    days = (now - begun).days
    ago = "today" if days == 0 else "1 day ago" if days == 1 else f"{days} days ago"
    return f"{one.name} {'passed' if one.passed else 'failed'} {ago} ({begun:%Y-%m-%d})"
