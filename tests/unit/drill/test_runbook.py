"""The runbook: an entry for every fault in both languages, and nothing named in it that is not there."""

import re

import pytest

from boot.monitoring.alerts import FIRED_BY, Alert
from drill import runbook
from drill.faults import EXERCISES
from drill.rehearsals import REHEARSALS
from drill.runbook import RUNBOOKS, Entry, entries, shortcomings
from recovery.fault import Fault
from tests.configuration import ROOT

languages = pytest.mark.parametrize("language", RUNBOOKS)


def text(language: str) -> str:
    return RUNBOOKS[language].path.read_text()


@pytest.mark.parametrize("fault", Fault)
def test_every_fault_has_a_whole_entry_in_both_languages(fault: Fault) -> None:
    """With the four parts, in their order, and the name of its drill: what a drill looks at before it begins."""
    assert shortcomings(fault) == ()
    for language, book in RUNBOOKS.items():
        assert entries(language)[fault].parts == book.parts


@languages
def test_the_other_entries_have_the_four_parts_too(language: str) -> None:
    for entry in entries(language).values():
        assert entry.parts == RUNBOOKS[language].parts, entry.anchor
        assert all(len(part) > 10 for part in re.split(r"\*\*[^*]+\.\*\*", entry.text)[1:]), entry.anchor


def test_both_languages_have_the_same_entries_in_the_same_order() -> None:
    """The faults first, in the order in which the settings name them; an entry's commands are the same too."""
    assert list(entries("en")) == list(entries("fr"))
    assert list(entries("en"))[: len(Fault)] == list(Fault)
    for anchor, entry in entries("en").items():
        assert _commands(entry) == _commands(entries("fr")[anchor]), anchor


def _commands(entry: Entry) -> set[str]:
    """What is to be typed, without the words that stand for names."""
    typed = re.findall(r"`((?:make|pulumi|openstack|sudo|journalctl|systemctl) [^`]+)`", " ".join(entry.text.split()))
    return {re.sub(r"\b(NAME|NOM)\b", "NAME", command) for command in typed}


@languages
def test_every_entry_has_one_heading_and_every_heading_an_anchor(language: str) -> None:
    """A heading that does not follow the pattern would be no entry, in silence."""
    headings = [line for line in text(language).splitlines() if line.startswith("## ")]
    assert len(headings) == len(entries(language)) == len(set(entries(language)))


@languages
def test_every_link_leads_somewhere(language: str) -> None:
    """To an entry, to a heading of the same page, or to a file."""
    page = text(language)
    headings = {line.lstrip("# ").lower().replace(" ", "-") for line in page.splitlines() if line.startswith("# ")}
    for link in re.findall(r"\]\(([^)]+)\)", page):
        file, _, anchor = link.partition("#")
        if file:
            assert (RUNBOOKS[language].path.parent / file).exists(), link
        else:
            assert anchor in entries(language).keys() | headings, link


def test_links_from_elsewhere_lead_to_entries() -> None:
    """The README's, into the English one."""
    found = re.findall(r"docs/runbook\.md#([a-z-]+)", (ROOT / "README.md").read_text())
    assert found
    assert set(found) <= entries("en").keys()


@languages
def test_every_make_target_and_every_test_that_is_named_exists(language: str) -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    assert {"status", "drill"} <= set(re.findall(r"`make\s+([a-z-]+)", text(language))) <= targets
    named = re.findall(r"`(tests/\S+)`", text(language))
    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []
    drills = re.findall(r"make drill FAULTS=(\S+?)[`.]", text(language))
    assert sorted(drills) == sorted(Fault)


def test_what_an_entry_lacks_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing entry, a missing part, a missing drill: each in a sentence that names the file."""
    whole = entries("en")[Fault.EDGE_LOST]
    crippled = Entry(whole.anchor, whole.title, whole.text.replace("**Act.**", "").replace("make drill", "make tea"))
    shown = {"en": {Fault.EDGE_LOST: crippled}, "fr": {}}
    monkeypatch.setattr(runbook, "entries", lambda language: shown[language])
    assert shortcomings(Fault.EDGE_LOST) == (
        "docs/runbook.md, edge-lost: the part Act is missing",
        "docs/runbook.md, edge-lost: does not name its drill",
        "docs/fr/runbook.md has no entry edge-lost",
    )


@pytest.mark.parametrize("alert", Alert)
def test_every_alert_has_an_entry_and_something_that_makes_it_fire(alert: Alert) -> None:
    """The entry that the alert itself names, in both languages; a fault of the drill, or a rehearsal."""
    for language in RUNBOOKS:
        entry = entries(language)[alert.anchor]
        assert entry.title == alert.value
        assert f"make drill-alerts ALERTS={alert.value}" in entry.text
    assert alert in REHEARSALS or FIRED_BY.get(alert)
    assert all(any(one.fault is fault for one in EXERCISES) for fault in FIRED_BY.get(alert, ()))
