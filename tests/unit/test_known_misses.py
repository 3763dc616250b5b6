"""The list of what is known to be missed and the tests that expect it are one and the same."""

import re

from tests.configuration import ROOT
from tests.lab.test_drill import EXPECTED

_LISTED = re.compile(r"^### ([A-Z]+\d+):", re.MULTILINE)
_EXPECTED = re.compile(r'known_miss\("([A-Z]+\d+)"\)')


def test_every_expected_failure_is_listed_and_every_listed_one_is_expected() -> None:
    """By case; a test that no longer fails takes its entry with it."""
    section = (ROOT / "docs/known-misses.md").read_text().partition("\n## Expected failures\n")[2].partition("\n## ")[0]
    texts = [file.read_text() for file in (ROOT / "tests").rglob("*.py")]
    expected = {case for text in texts for case in _EXPECTED.findall(text)} | set(EXPECTED.values())
    assert set(_LISTED.findall(section)) == expected
