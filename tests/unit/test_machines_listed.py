"""What only machines show is listed in lab/README.md with the test that shows it, and nothing else is."""

import re

from tests.configuration import ROOT

MACHINES = ROOT / "tests" / "machines"


def test_every_test_on_machines_is_listed_and_there() -> None:
    section = (ROOT / "lab" / "README.md").read_text().split("## What only machines show\n")[1].split("\n## ")[0]
    rows = [row.split("|")[1:3] for row in section.splitlines() if row.startswith("| ")][1:]
    assert all(re.fullmatch(r" `test_\w+\.py` ", shown) for _, shown in rows), rows
    assert {shown.strip(" `") for _, shown in rows} == {file.name for file in MACHINES.glob("test_*.py")}


def test_make_test_leaves_them_out() -> None:
    """They are marked, each file as a whole, and the project's own options leave that marker out."""
    for file in MACHINES.glob("test_*.py"):
        assert re.search(r"^pytestmark = \[pytest\.mark\.machines, ", file.read_text(), re.MULTILINE), file.name
    options = (ROOT / "pyproject.toml").read_text()
    assert re.search(r"-m '[^']*not machines[^']*'", options)
