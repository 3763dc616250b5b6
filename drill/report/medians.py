"""What faults that were drilled several times took: the median, and each run."""

from statistics import median

from drill.record import Report
from drill.report.figures import COLUMNS, figure, measure_of
from fleet.table import aligned


def medians(report: Report) -> str:
    """A table of what took time, one line for each fault and measure; of a run whose end was not seen there is none."""
    rows = [("fault", "measure", "median", "runs", "budget")]
    for name in dict.fromkeys(one.name for one in report.drilled):
        for column in COLUMNS:
            runs = [measure_of(one, column) for one in report.drilled if one.name == name]
            measured = [measure for measure in runs if measure and measure.unit == "s"]
            seen = [measure.seen for measure in measured if measure.seen is not None]
            if measured:
                middle = figure(median(seen), "s") if len(seen) == len(measured) else "none"
                each = ", ".join(figure(measure.seen) for measure in measured)
                budget = measured[0].budget
                rows.append((name, column, middle, each, "none" if budget is None else figure(budget, "s")))
    return aligned(rows)
