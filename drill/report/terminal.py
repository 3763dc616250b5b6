"""The table over all faults on a terminal: columns that nothing was measured for are left out."""

from collections.abc import Sequence

from drill.record import Measure, Report
from drill.report.figures import COLUMNS, NOTHING, measure_of, next_to_budget, verdict
from fleet.table import aligned

_SPACE = 2  # between columns
MISSED = "!"


def terminal(report: Report, width: int) -> str:
    """The table, below it the problems.

    Args:
        report: what was recorded.
        width: characters of a line; a wider table goes on below, with the faults' names again.
    """
    faults = ["fault", *(one.name for one in report.drilled)]
    columns = [["", *(verdict(passed=one.passed) for one in report.drilled)]]
    for name in COLUMNS:
        cells = [_cell(measure_of(one, name)) for one in report.drilled]
        if any(cell != NOTHING for cell in cells):
            columns.append([name, *cells])
    tables = [aligned(list(zip(faults, *some, strict=True))) for some in _fitting(faults, columns, width)]
    passed = sum(one.passed for one in report.drilled)
    missed = f"; {MISSED} marks a missed budget" if passed < len(report.drilled) else ""
    text = f"{passed} of {len(report.drilled)} faults passed (seen / budget{missed})"
    problems = [f"{one.name}: {problem}" for one in report.drilled for problem in one.problems]
    return "\n\n".join([*tables, "\n".join([text, *problems])])


def _cell(measure: Measure | None) -> str:
    return next_to_budget(measure) + ("" if measure is None or measure.met else MISSED)


def _fitting(first: Sequence[str], columns: Sequence[list[str]], width: int) -> list[list[list[str]]]:
    """The columns in groups that fit beside the first one; one that never fits stands alone."""
    groups: list[list[list[str]]] = []
    used = width
    for column in columns:
        wide = max(map(len, column)) + _SPACE
        if not groups or used + wide > width:
            groups.append([])
            used = max(map(len, first))
        groups[-1].append(column)
        used += wide
    return groups
