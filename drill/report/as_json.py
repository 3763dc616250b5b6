"""A report as JSON, and back.

The keys are the attributes of `drill.record`, in their order, with what follows from them beside:

    format       1; another number when the meaning of a key changes, not when there are more keys
    environment, target, begun, seconds
    passed       whether every fault passed
    drilled      a list, one object a fault:
        name, title, done
        measures     name, unit ("s" or ""), seen (null: the end was not seen), budget (null: nothing promised),
                     keys (the settings that the budget follows from), met
        lanes        names, in the order in which to show them
        spans        lane, begin, end: not served from `begin` to `end`
        marks        at, lane ("": all), what, about ("": nobody found a loss)
        healed, seconds
        problems     sentences
        scenario_of  the fault that a scenario is made of; "": it is a fault itself
        unpromised   the lanes that no budget is about
        passed       whether every budget was met and there are no problems

All times but `begun` (ISO 8601) are seconds, those of spans, marks and `healed` since the injection.
"""

import json
from dataclasses import asdict
from typing import Any

from pydantic import TypeAdapter, ValidationError

from drill.record import Report

FORMAT = 1
_REPORT = TypeAdapter(Report)


def as_json(report: Report) -> str:
    """The report's text."""
    body: dict[str, Any] = {"format": FORMAT, **asdict(report), "passed": report.passed}
    for one, entry in zip(report.drilled, body["drilled"], strict=True):
        entry["passed"] = one.passed
        for measure, figures in zip(one.measures, entry["measures"], strict=True):
            figures["met"] = measure.met
    return json.dumps(body, indent=2, ensure_ascii=False) + "\n"


def from_json(text: str) -> Report:
    """The report that a text of `as_json` describes.

    Raises:
        ValueError: it is none; the message says where.
    """
    read = json.loads(text)
    if not isinstance(read, dict) or read.get("format") != FORMAT:
        form = read.get("format") if isinstance(read, dict) else None
        raise ValueError(f"not a drill's report of format {FORMAT}: format is {form!r}")
    read.setdefault("target", read.get("target"))  # its name in older reports
    try:
        return _REPORT.validate_python(read)
    except ValidationError as refused:
        first = refused.errors(include_url=False)[0]
        raise ValueError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from refused
