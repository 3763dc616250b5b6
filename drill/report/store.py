"""Where reports are kept: `drill-reports/<environment>/<begun>/` in the working directory, the newest sorted last."""

import os
from datetime import UTC, datetime
from pathlib import Path

from drill.record import Drilled, Report
from drill.report.as_json import as_json, from_json
from drill.report.markdown import markdown
from drill.report.timeline import timeline
from drill.runbook import RUNBOOKS

STORE = Path("drill-reports")
REPORT, DATA, PICTURES = "report.md", "report.json", "timelines"


def place(report: Report, store: Path = STORE) -> Path:
    """The directory of a report: the time in UTC, without the colons that file systems and artifact stores refuse."""
    begun = datetime.fromisoformat(report.begun).astimezone(UTC)
    return store / report.environment / begun.strftime("%Y%m%dT%H%M%SZ")


def write(report: Report, directory: Path) -> Path:
    """Write `report.md`, `report.json` and `timelines/*.svg`.

    Returns:
        The path of `report.md`.
    """
    pictures = [f"{PICTURES}/{number:02}-{one.name}.svg" for number, one in enumerate(report.drilled, 1)]
    (directory / PICTURES).mkdir(parents=True, exist_ok=True)
    for one, picture in zip(report.drilled, pictures, strict=True):
        (directory / picture).write_text(timeline(one))
    (directory / DATA).write_text(as_json(report))
    path = directory / REPORT
    runbook = Path(os.path.relpath(RUNBOOKS["en"].path, directory)).as_posix()
    path.write_text(markdown(report, pictures, runbook))
    return path


def kept(environment: str, store: Path = STORE) -> list[Report]:
    """The reports of an environment, the oldest first.

    Raises:
        ValueError: a report cannot be read; the message names it.
    """
    found = []
    for path in sorted((store / environment).glob(f"*/{DATA}")):
        try:
            found.append(from_json(path.read_text()))
        except ValueError as broken:
            raise ValueError(f"{path}: {broken}") from broken
    return found


def last_of_each(reports: list[Report]) -> dict[str, tuple[Report, Drilled]]:
    """Each fault's newest drill: one of few faults does not make older ones of the others undone.

    Args:
        reports: the oldest first.
    """
    return {one.name: (report, one) for report in reports for one in report.drilled}
