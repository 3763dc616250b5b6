"""The README's way to a first deployment, and the French one: each step has what it needs from those before."""

import re
import shutil
import subprocess
from pathlib import Path

from ops.__main__ import COMMANDS
from tests.configuration import ROOT
from tests.first_deployment import FRENCH, english, french, section

# By the beginning of a command: what must have been said before it.
NEEDS = {
    "make state-bucket": ("export AWS_ACCESS_KEY_ID=", "AWS_SECRET_ACCESS_KEY=", "export PULUMI_BACKEND_URL="),
    "export PULUMI_CONFIG_PASSPHRASE_FILE=": ("openssl rand", "chmod 600"),
    "make preflight": (
        "source openrc.sh",
        "make init",
        "make state-bucket",
        "PULUMI_CONFIG_PASSPHRASE_FILE=",
        "ssh-add",
    ),
    "pulumi stack init": ("make init", "make state-bucket", "PULUMI_CONFIG_PASSPHRASE_FILE="),
    "make secrets": ("pulumi stack init",),
    "make images": ("source openrc.sh", "pulumi stack init"),
    "make up": ("make secrets", "make images", "ssh-add", "make preflight"),
    "pulumi stack output": ("make up",),
    "make status": ("make up",),
}


def test_both_languages_have_the_same_commands_in_the_same_order() -> None:
    assert english() == french()
    assert len(english()) >= 15


def test_each_command_is_there_and_comes_after_what_it_needs() -> None:
    before = ""
    for line in english():
        for command, needed in NEEDS.items():
            if command in line:
                assert [one for one in needed if one not in before] == [], line
        before += f"{line}\n"
    assert [command for command in NEEDS if command not in before] == []
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    named = re.findall(r"(?:`|^ *)make ([a-z-]+)", section() + FRENCH.read_text(), re.MULTILINE)
    assert set(named) <= set(targets)
    assert set(re.findall(r"-m ops ([a-z-]+)", section() + FRENCH.read_text())) <= COMMANDS.keys()


def test_the_state_lies_where_no_site_is() -> None:
    """Nor in a place that has failed together with one's: README, runbooks and the shipped files agree."""
    sites = {
        re.findall(r"region: ([A-Z]+)", (ROOT / f"Pulumi.{site}.yaml").read_text())[0]
        for site in ("gra", "sbg", "witness")
    }
    for name in ("README.md", "docs/fr/ovh.md", "docs/runbook.md", "docs/fr/runbook.md"):
        found = re.findall(r"s3\.([a-z-]+)\.io\.cloud\.ovh\.net(?:&region=([a-z-]+))?", (ROOT / name).read_text())
        assert found, name
        for endpoint, region in found:
            assert region in ("", endpoint)
            assert endpoint.upper() not in sites | {"RBX"}, name


def test_make_installs_what_another_installer_s_environment_lacks(tmp_path: Path) -> None:
    """`pulumi install` makes .venv newer than all files, with the program's packages and none of the tests'."""
    names = ("Makefile", "requirements.txt", "requirements-dev.txt", "requirements-participant.txt")
    for name in names:
        shutil.copy(ROOT / name, tmp_path)

    def installs() -> bool:
        done = subprocess.run(["make", "-n", "check"], cwd=tmp_path, capture_output=True, text=True, check=True)
        return "pip install" in done.stdout

    assert installs()
    (tmp_path / ".venv").mkdir()
    assert installs()
    stamp = tmp_path / ".venv" / "installed-by-make.txt"
    stamp.write_text("".join((tmp_path / name).read_text() for name in names[1:]))
    assert not installs()
    (tmp_path / "requirements-dev.txt").write_text("another==1\n")
    assert installs()
