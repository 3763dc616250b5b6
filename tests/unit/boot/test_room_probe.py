"""The program that opens a room, where Redis speaks TLS: two files of a meeting node."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from boot.document import render, without_comments
from boot.meeting.meeting import meeting_node
from boot.meeting.room import PROGRAM
from tests.configuration import ROOT, settings
from tests.unit.boot.golden import ANNOUNCED_IP, TLS

LIBRARY = "/usr/local/lib/multiparty"


def _files(access: str) -> dict[str, str]:
    given = settings("gra", TLS | {"env.redis.access": access})
    document = yaml.safe_load(render(meeting_node(given, 1, ANNOUNCED_IP)))
    return {file["path"]: file["content"] for file in document["write_files"]}


@pytest.mark.parametrize("access", ["sentinel", "plain"])
def test_the_program_finds_what_it_is_laid_upon(access: str, tmp_path: Path) -> None:
    """It comes as far as its settings, which are not there."""
    found = _files(access)
    (tmp_path / "room_probe.py").write_text(found[f"{LIBRARY}/room_probe.py"])
    program = tmp_path / "program" / "multiparty-room"
    program.parent.mkdir()
    program.write_text(found[PROGRAM].replace(LIBRARY, str(tmp_path)))
    command = [sys.executable, "-I", str(program), "--settings", str(tmp_path / "none")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert (done.returncode, done.stderr.startswith("no room opens: [Errno 2]")) == (1, True), done.stderr


def test_behind_a_proxy_it_is_as_ever() -> None:
    """The proxy is spoken to in clear."""
    found = _files("proxy")
    assert found[PROGRAM] == without_comments((ROOT / "boot/meeting/room_probe.py").read_text())
    assert f"{LIBRARY}/room_probe.py" not in found
