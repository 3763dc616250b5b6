"""A report as Markdown, for GitHub and for people who read it as it is."""

from collections.abc import Sequence

from drill.record import Drilled, Measure, Report
from drill.report.figures import COLUMNS, figure, measure_of, missed, next_to_budget, verdict


def markdown(report: Report, pictures: Sequence[str], runbook: str) -> str:
    """The text of report.md.

    Args:
        report: what was recorded.
        pictures: the path of each fault's timeline, as seen from the text.
        runbook: the path of the runbook, as seen from the text.
    """
    sections = [_section(one, path, runbook) for one, path in zip(report.drilled, pictures, strict=True)]
    return "\n\n".join([_head(report), _table(report), *sections]) + "\n"


def _head(report: Report) -> str:
    failed = [one.name for one in report.drilled if not one.passed]
    text = f"{len(report.drilled) - len(failed)} of {len(report.drilled)} faults passed"
    if failed:
        text += "; failed: " + ", ".join(f"[{name}](#{name})" for name in failed)
    return (
        f"# Failover drill: {_plain(report.environment)}\n\n"
        f"**{text}.** On {_plain(report.target)}; begun {report.begun}, {report.seconds / 60:.0f} min in all.\n\n"
        "Each figure is what was seen next to its budget, the worst case computed from the environment's settings; "
        "those without one have no promise to keep. Missed budgets are in bold."
    )


def _table(report: Report) -> str:
    rows = [("fault", "", *COLUMNS), ("---",) * (2 + len(COLUMNS))]
    for one in report.drilled:
        cells = [_cell(measure_of(one, column)) for column in COLUMNS]
        rows.append((f"[{one.name}](#{one.name})", _verdict(one), *cells))
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _section(one: Drilled, picture: str, runbook: str) -> str:
    # The heading is the name alone: GitHub makes the anchor that the table points at of it.
    parts = [
        f"## {one.name}",
        f"{_plain(one.title)}: {_verdict(one)}. {_sentence(one.done)} Undone after {figure(one.healed, 's')}; "
        f"everything was redundant again after {figure(one.seconds, 's')}.",
        _measures(one.measures),
        f"![{one.name}: {verdict(passed=one.passed)}, its timeline]({picture})",
    ]
    if one.problems:
        parts.append("Problems:\n\n" + "\n".join(f"- {_sentence(problem)}" for problem in one.problems))
    if not one.passed:
        parts.append(f"What to do: {_advice(one, runbook)}")
    return "\n\n".join(part for part in parts if part)


def _measures(measures: Sequence[Measure]) -> str:
    if not measures:
        return ""
    rows = [("measure", "seen", "budget", ""), ("---", "---:", "---:", "---")]
    for measure in measures:
        seen = figure(measure.seen, measure.unit)
        budget = figure(measure.budget, measure.unit) if measure.budget is not None else "none"
        kept = "" if measure.budget is None else "kept" if measure.met else "**missed**"
        rows.append((_plain(measure.name), seen if measure.met else f"**{seen}**", budget, kept))
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _advice(one: Drilled, runbook: str) -> str:
    hints = [
        f"- {_plain(measure.name)} depends on {', '.join(f'`{key}`' for key in measure.keys)}"
        for measure in missed(one)
        if measure.keys
    ]
    return "\n\n".join(
        [f"the runbook's entry [{one.fault}]({runbook}#{one.fault}).", *(["\n".join(hints)] if hints else [])]
    )


def _cell(measure: Measure | None) -> str:
    text = next_to_budget(measure)
    return text if measure is None or measure.met else f"**{text}**"


def _verdict(one: Drilled) -> str:
    return verdict(passed=True) if one.passed else f"**{verdict(passed=False)}**"


def _sentence(text: str) -> str:
    message = _plain(text)
    message = f"{message[:1].upper()}{message[1:]}"
    return message if message.endswith((".", "!", "?")) else f"{message}."


def _plain(text: str) -> str:
    """Words of others, as text: on one line, and nothing in it is taken for markup."""
    joined = " ".join(text.split())
    return "".join(f"\\{letter}" if letter in "\\`*_[]<>|#" else letter for letter in joined)
