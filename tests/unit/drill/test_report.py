"""A drill's report: the table and the sections, the terminal, JSON there and back, and where all of it is kept."""

import json
from dataclasses import fields, replace
from pathlib import Path

import pytest

from drill.record import Drilled, Mark, Measure, Report, Span
from drill.report.as_json import as_json, from_json
from drill.report.figures import COLUMNS, figure, next_to_budget
from drill.report.markdown import markdown
from drill.report.medians import medians
from drill.report.store import kept, last_of_each, place, write
from drill.report.terminal import terminal
from tests.configuration import ROOT
from tests.unit.drill.drilled import KEPT, MISSED, REPORT

PICTURES = ("timelines/01.svg", "timelines/02.svg")


def _text() -> str:
    return markdown(REPORT, PICTURES, "docs/runbook.md")


def _row(name: str) -> dict[str, str]:
    """A fault's cells in the table over all faults, by column."""
    lines = [line.strip("| ").split(" | ") for line in _text().splitlines() if line.startswith(("| fault", "| ["))]
    (row,) = [line for line in lines[1:] if line[0].startswith(f"[{name}]")]
    return dict(zip(["fault", "verdict", *COLUMNS], row, strict=True))


def _section(name: str) -> str:
    return _text().partition(f"\n## {name}\n")[2].partition("\n## ")[0]


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (5.71, "s", "5.7 s"),
        (7.0, "s", "7 s"),
        (95.21, "s", "95.2 s"),
        (412.3, "s", "412 s"),
        (0, "", "0"),
        (3, "", "3"),
    ],
)
def test_a_figure_is_as_exact_as_it_can_be_read(value: float, unit: str, said: str) -> None:
    assert figure(value, unit) == said


def test_a_figure_stands_next_to_its_budget() -> None:
    """Without a budget alone; what did not end while the drill waited is said to be so."""
    assert next_to_budget(Measure("page", "s", 2.84, 5)) == "2.8 / 5 s"
    assert next_to_budget(Measure("page", "s", 2.84, None)) == "2.8 s"
    assert next_to_budget(Measure("page", "s", None, 5)) == "not seen / 5 s"
    assert next_to_budget(Measure("writes lost", "", 0, 0)) == "0 / 0"
    assert next_to_budget(None) == "-"


def test_the_table_has_every_fault_and_every_column() -> None:
    """What was seen next to what was allowed; what missed it is bold, what was not measured a dash."""
    assert _row("redis-master-off") == {
        "fault": "[redis-master-off](#redis-master-off)",
        "verdict": "passed",
        "detect": "3.4 / 4.5 s",
        "page": "-",
        "join": "1.2 s",
        "write": "5.7 / 8 s",
        "media": "-",
        "websockets dropped": "-",
        "rooms split": "-",
        "sessions lost": "-",
        "writes lost": "0 / 0",
        "two masters": "-",
        "full redundancy": "95.2 / 300 s",
    }
    row = _row("site-isolated")
    assert (row["verdict"], row["page"], row["write"]) == ("**failed**", "**12.8 / 10 s**", "**not seen / 7 s**")
    assert (row["websockets dropped"], row["two masters"]) == ("3", "0 / 0 s")


def test_a_section_says_what_was_done_and_shows_its_picture() -> None:
    """All measures, also one that has no column; the heading is the anchor that the table points at."""
    kept_one, missed_one = _section("redis-master-off"), _section("site-isolated")
    assert "Powered off lab-gra-redis-1. Undone after 41 s; everything was redundant again after 95.2 s." in kept_one
    assert "| write | 5.7 s | 8 s | kept |" in kept_one
    assert "| join | 1.2 s | none |  |" in kept_one
    assert "](timelines/01.svg)" in kept_one and "](timelines/02.svg)" in missed_one
    assert "| answers by a stranger | **1** | 0 | **missed** |" in missed_one
    assert "What to do" not in kept_one and "Problems" not in kept_one


def test_a_missed_budget_says_what_to_do() -> None:
    """The runbook's entry, and the settings that each missed measure depends on; none for what was kept."""
    section = _section("site-isolated")
    assert "[site-isolated](docs/runbook.md#site-isolated)" in section
    assert "- page depends on `edge.dial_timeout`, `dns.check.interval`" in section
    assert "- write depends on `redis.down_after`" in section
    assert "- media" not in section


def test_words_of_others_are_no_markup() -> None:
    """A problem of several lines with pipes and tags is one item of a list."""
    assert "- Nobody \\| took \\<a\\> write on the cut side." in _section("site-isolated").splitlines()


def test_the_terminal_has_the_same_table() -> None:
    """Without the columns that nothing was measured for; the missed ones marked, the problems below."""
    text = terminal(REPORT, 200)
    head, kept_one, missed_one = text.splitlines()[:3]
    assert head.split("  ")[0] == "fault" and "rooms split" not in head
    assert (
        " ".join(kept_one.split()) == "redis-master-off passed 3.4 / 4.5 s - 1.2 s 5.7 / 8 s - - 0 / 0 - 95.2 / 300 s"
    )
    assert "12.8 / 10 s!" in missed_one and "not seen / 7 s!" in missed_one and "14 / 15 s!" not in missed_one
    assert missed_one.index("12.8") == head.index("page")
    assert "1 of 2 faults passed" in text
    assert text.endswith("site-isolated: nobody | took <a> write on the\ncut side")


def test_a_narrow_terminal_gets_the_columns_one_below_the_other() -> None:
    """No line is wider, every column is there once, and each group has the faults' names."""
    lines = terminal(REPORT, 60).split("\n\n")
    tables = [part.splitlines() for part in lines if part.startswith("fault")]
    assert len(tables) > 1
    assert all(len(line) <= 60 for table in tables for line in table)
    assert all([line.split()[0] for line in table] == ["fault", KEPT.name, MISSED.name] for table in tables)
    (wide,) = [part for part in terminal(REPORT, 400).split("\n\n") if part.startswith("fault")]
    words = [line.split() for line in wide.splitlines()]
    assert sum(len(table[0].split()) - 1 for table in tables) == len(words[0]) - 1


def test_json_comes_back_as_it_was() -> None:
    assert from_json(as_json(REPORT)) == REPORT
    empty = replace(REPORT, drilled=())
    assert from_json(as_json(empty)) == empty


def test_a_report_that_calls_its_target_the_ground_is_read() -> None:
    """As older ones do, which `make checklist` asks."""
    assert from_json(as_json(REPORT).replace('"target":', '"target":')) == REPORT


def test_json_has_the_records_keys_and_the_verdicts() -> None:
    """The very attributes, in their order: programs of others read them."""
    read = json.loads(as_json(REPORT))
    assert list(read) == ["format", *(field.name for field in fields(Report)), "passed"]
    one = read["drilled"][1]
    assert list(one) == [*(field.name for field in fields(Drilled)), "passed"]
    assert list(one["measures"][0]) == [*(field.name for field in fields(Measure)), "met"]
    assert list(one["spans"][0]) == [field.name for field in fields(Span)]
    assert list(one["marks"][0]) == [field.name for field in fields(Mark)]
    assert (read["passed"], one["passed"], [m["met"] for m in one["measures"]][:3]) == (
        False,
        False,
        [False, False, True],
    )
    assert one["measures"][1]["seen"] is None


def test_the_documented_keys_are_all_of_them() -> None:
    import drill.report.as_json as module  # noqa: PLC0415 - for its documentation

    for kind in (Report, Drilled, Measure, Span, Mark):
        for field in fields(kind):
            assert field.name in str(module.__doc__), field.name


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[]", "not a drill's report of format 1: format is None"),
        ('{"format": 2}', "not a drill's report of format 1: format is 2"),
        ('{"format": 1}', "environment: Field required"),
        (as_json(REPORT).replace('"begin": 0.2', '"begin": "soon"'), "drilled.0.spans.1.begin: Input should be"),
        ("{", "Expecting property name"),
    ],
)
def test_json_that_is_no_report_is_refused(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said.replace(".", r"\.")):
        from_json(text)


def test_a_report_is_written_where_it_is_found_again(tmp_path: Path) -> None:
    """Three kinds of files, whose links lead somewhere; the directory's name has no colon and is in UTC."""
    directory = place(REPORT, tmp_path)
    assert directory == tmp_path / "lab" / "20261123T062400Z"
    path = write(REPORT, directory)
    assert sorted(str(file.relative_to(directory)) for file in directory.rglob("*.*")) == [
        "report.json",
        "report.md",
        "timelines/01-redis-master-off.svg",
        "timelines/02-site-isolated.svg",
    ]
    links = [part.partition(")")[0].partition("#")[0] for part in path.read_text().split("](")[1:]]
    files = {(directory / link).resolve() for link in links if link}
    assert (ROOT / "docs/runbook.md").resolve() in files and len(files) == 3
    assert all(file.exists() for file in files)
    assert kept("lab", tmp_path) == [REPORT]
    assert kept("production", tmp_path) == []


def test_the_newest_of_each_fault_counts(tmp_path: Path) -> None:
    """A drill of one fault makes no older one of another undone; clocks of other time zones are compared as such."""
    repeated = replace(MISSED, problems=(), measures=())
    later = replace(REPORT, begun="2026-11-23T06:30:00+00:00", drilled=(repeated,))
    for report in (later, REPORT):
        write(report, place(report, tmp_path))
    assert kept("lab", tmp_path) == [REPORT, later]
    assert last_of_each(kept("lab", tmp_path)) == {KEPT.name: (REPORT, KEPT), MISSED.name: (later, repeated)}


def test_a_report_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    path = write(REPORT, place(REPORT, tmp_path)).with_name("report.json")
    path.write_text("{}")
    with pytest.raises(ValueError, match=str(path)):
        kept("lab", tmp_path)


def test_a_fault_that_was_drilled_again_has_medians() -> None:
    """Of each measure in seconds, with each run; a run that did not end has no median."""
    runs = (5.7, 5.3, 6.2)
    again = tuple(replace(KEPT, measures=(Measure("write", "s", seen, 8.0),)) for seen in runs)
    text = medians(replace(REPORT, drilled=(*again, MISSED)))
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert lines[:2] == ["fault measure median runs budget", "redis-master-off write 5.7 s 5.7, 5.3, 6.2 8 s"]
    assert "site-isolated write none not seen 7 s" in lines and "site-isolated page 12.8 s 12.8 10 s" in lines
    assert not [line for line in lines if "websockets" in line]
