"""`make up`: each site once, and once more those that are told of the others; the CLI is a program of the test."""

import os
import shutil
from pathlib import Path

import pytest
import yaml

from fleet.command_line import CommandError
from ops import up
from tests.configuration import ROOT

STACKS = ("gra", "sbg", "witness")
PULUMI = """\
#!/bin/sh
echo "$*" >>calls
case "$*" in *"--stack $(cat failing 2>/dev/null) "*) exit 3;; esac
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The shipped files, and a CLI that notes what it was told."""
    for name in ("Pulumi.yaml", *(f"Pulumi.{stack}.yaml" for stack in STACKS)):
        shutil.copy(ROOT / name, tmp_path)
    program = tmp_path / "programs" / "pulumi"
    program.parent.mkdir()
    program.write_text(PULUMI)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def calls(here: Path) -> list[str]:
    return [line.partition("--stack ")[2].split()[0] for line in (here / "calls").read_text().splitlines()]


def option(here: Path, text: str) -> None:
    file = here / "Pulumi.yaml"
    file.write_text(file.read_text().replace("        edge: #", f"        {text}\n        edge: #"))


def deployed(here: Path) -> list[str] | None:
    shared = yaml.safe_load((here / "Pulumi.yaml").read_text())["config"]
    found: list[str] | None = shared["multiparty-meeting:environments"]["value"]["production"].get("deployed")
    return found


@pytest.mark.parametrize(
    ("text", "again"),
    [
        ("", []),
        ("dns: { zone: ha.organisation.fr }", [*STACKS]),
        ("monitoring: { webhook: true }", ["witness"]),
    ],
)
def test_who_is_told_of_the_others_is_asked_again_and_the_next_time_nobody(
    here: Path, text: str, again: list[str]
) -> None:
    if text:
        option(here, text)
    before = (here / "Pulumi.yaml").read_text()
    assert up.main(STACKS, yes=True) == 0
    assert calls(here) == [*STACKS, *again]
    assert deployed(here) == ([*STACKS] if again else None)
    assert set(before.splitlines()) <= set((here / "Pulumi.yaml").read_text().splitlines())
    assert up.main(STACKS, yes=True) == 0
    assert calls(here) == [*STACKS, *again, *STACKS]


def test_a_site_that_fails_ends_it_and_nobody_is_called_deployed(here: Path) -> None:
    option(here, "dns: { zone: ha.organisation.fr }")
    (here / "failing").write_text("sbg")
    with pytest.raises(CommandError, match="stack sbg: pulumi up ended with 3"):
        up.main(STACKS, yes=True)
    assert calls(here) == ["gra", "sbg"]
    assert deployed(here) is None
