"""How a running server takes a bundle: the very script, below a directory of the test's."""

import grp
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.configuration import ROOT

SCRIPT = (ROOT / "boot/apply.py").read_text()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """What stands for /etc/multiparty; the script beside it."""
    text = SCRIPT.replace('"/etc/multiparty"', f'"{tmp_path}/home"').replace('"/run/', f'"{tmp_path}/')
    assert text != SCRIPT
    (tmp_path / "apply.py").write_text(text)
    return tmp_path / "home"


def _apply(home: Path, files: dict[str, str], **changes: str) -> "subprocess.CompletedProcess[str]":
    bundle: dict[str, Any] = {
        "name": "trial",
        "unit": "trial",
        "group": grp.getgrgid(os.getgid()).gr_name,
        "files": files,
        "check": "true",
        "reload": "true",
        "serving": "true",
    }
    command = [sys.executable, str(home.parent / "apply.py")]
    text = yaml.safe_dump(bundle | changes)
    return subprocess.run(command, input=text, capture_output=True, text=True, check=False, timeout=30)


def test_files_lie_where_their_paths_say(home: Path) -> None:
    """Directories below the bundle's own are made; what an earlier bundle had beside them is gone."""
    assert _apply(home, {"config": "first\n", "zones/old.fr": "old\n"}).returncode == 0
    done = _apply(home, {"config": "second\n", "zones/ha.organisation.fr": "zone\n"})
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "trial: config, zones/ha.organisation.fr\n"
    found = {str(path.relative_to(home)): path.read_text() for path in home.rglob("*") if path.is_file()}
    assert found == {"trial/config": "second\n", "trial/zones/ha.organisation.fr": "zone\n"}
    modes = {path.stat().st_mode & 0o777 for path in home.rglob("*") if path.is_dir()}
    assert modes == {0o750}


@pytest.mark.parametrize("step", ["check", "reload"])
def test_what_a_daemon_refuses_changes_nothing(step: str, home: Path) -> None:
    """Refused before or after the swap: the old files are in their place, and the daemon's words are said."""
    assert _apply(home, {"config": "first\n", "zones/old.fr": "old\n"}).returncode == 0
    done = _apply(home, {"config": "second\n"}, **{step: "echo it does not like it >&2; false"})
    assert done.returncode == 1
    assert "it does not like it" in done.stderr
    found = {str(path.relative_to(home)): path.read_text() for path in home.rglob("*") if path.is_file()}
    assert found == {"trial/config": "first\n", "trial/zones/old.fr": "old\n"}


@pytest.mark.parametrize("reload", ["true", "false"], ids=["taken", "refused"])
def test_a_power_cut_leaves_whole_files(reload: str, home: Path) -> None:
    """Whenever it comes: the script is killed at each rename that it makes, and one of the two is there.

    Without the directory a daemon would not start, and nobody pushes to a server that is not asked for.
    """
    for number in range(1, 4):
        assert _apply(home, {"config": "first\n"}).returncode == 0
        _killed_at(home, number, reload)
        assert (home / "trial/config").read_text() in ("first\n", "second\n"), f"at rename {number}"
        assert _apply(home, {"config": "third\n"}).returncode == 0
        assert (home / "trial/config").read_text() == "third\n"


def _killed_at(home: Path, number: int, reload: str) -> None:
    """Take a second bundle, and die right after a rename, whichever way it is made."""
    whole = home.parent / "whole.py"
    script = home.parent / "apply.py"
    script.rename(whole)
    script.write_text(
        "import ctypes, os, runpy, sys\n"
        f"left = [{number}]\n"
        "def counted(rename):\n"
        "    def renamed(*words):\n"
        "        done = rename(*words)\n"
        "        left[0] -= 1\n"
        "        return done if left[0] else os._exit(9)\n"
        "    return renamed\n"
        "os.rename = counted(os.rename)\n"
        "library = ctypes.CDLL\n"
        "class Counted:\n"
        "    def __init__(self, *_, **__):\n"
        "        self.renameat2 = counted(library(None, use_errno=True).renameat2)\n"
        "ctypes.CDLL = Counted\n"
        f"runpy.run_path({str(whole)!r}, run_name='__main__')\n"
    )
    _apply(home, {"config": "second\n"}, reload=reload)
    whole.rename(script)
