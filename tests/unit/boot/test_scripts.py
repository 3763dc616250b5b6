"""The shell scripts and systemd units of the boot documents, judged by sh, shellcheck and systemd itself."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.unit.boot.test_image import BUILT
from tests.unit.disk import program, pushed, scripts, write

OTHERS = pushed("gra-edge") | BUILT
SCRIPTS = dict(scripts()) | {path: text for path, text in OTHERS.items() if text.startswith("#!/bin/sh")}
UNITS_OF_THE_SYSTEM = Path("/usr/lib/systemd/system")
# Executables that packages bring; whatever else a unit calls must come with the boot document.
PACKAGED = (
    *("usr/bin/caddy", "usr/bin/kill", "usr/bin/node", "usr/bin/podman"),
    *("usr/bin/redis-server", "usr/sbin/haproxy", "usr/sbin/nft"),
    *("usr/bin/gdnsdctl", "usr/sbin/gdnsd", "usr/sbin/ip", "usr/bin/prometheus-node-exporter"),
)
SERVERS = (
    "gra-edge",
    "gra-meeting-container",
    "gra-meeting-archive",
    "gra-meeting-edumeet-3.5",
    "gra-meeting-monitored",
    "gra-meeting-proxy",
    "gra-redis",
    "gra-redis-cluster",
    "witness",
)


@pytest.mark.parametrize("path", SCRIPTS)
def test_sh_can_read_the_script(path: str) -> None:
    """Debian's sh, which is dash: what works in bash only is an error."""
    done = subprocess.run(["sh", "-n"], input=SCRIPTS[path], capture_output=True, text=True, check=False, timeout=10)
    assert (done.returncode, done.stderr) == (0, "")


def test_shellcheck_has_nothing_to_say(tmp_path: Path) -> None:
    """All scripts at once. boot.env is written at boot, so shellcheck cannot follow it: SC1090, SC1091, SC2154."""
    shellcheck = program("shellcheck", "shellcheck")
    names = []
    for path, content in SCRIPTS.items():
        file = tmp_path / path.lstrip("/").replace("/", "_")
        file.write_text(content)
        names.append(file.name)
    command = [shellcheck, "--shell=dash", "--exclude=SC1090,SC1091,SC2154", *names]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (0, "")


def test_no_script_waits_by_the_time_of_the_day() -> None:
    """Which is set while a server boots: seconds would become hours. A file's time is one, and is compared with it."""
    said = [(path, line) for path, text in SCRIPTS.items() for line in text.splitlines() if "date +%s" in line]
    assert {(Path(path).name, "$written" in line.replace("{", "")) for path, line in said} == {("redis-copy.sh", True)}


def _verify(root: Path) -> str:
    """What systemd says of the units below `root`, which has the system's own units and the packages' executables."""
    analyze = program("systemd-analyze", "systemd")
    if not (root / "usr/lib/systemd").exists():
        shutil.copytree(UNITS_OF_THE_SYSTEM, root / "usr/lib/systemd/system", symlinks=True)
    for path in PACKAGED:
        stub = root / path
        stub.parent.mkdir(parents=True, exist_ok=True)
        stub.touch(0o755)
    units = sorted(path.name for path in (root / "etc/systemd/system").glob("*.service"))
    assert len(units) >= 3
    command = [analyze, "verify", "--man=no", f"--root={root}", *units]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    return done.stdout + done.stderr


@pytest.mark.parametrize("name", SERVERS)
def test_systemd_understands_the_units(name: str, tmp_path: Path) -> None:
    """Every directive is known, every value is in order, every executable is there or comes with a package."""
    write(name, tmp_path)
    assert _verify(tmp_path) == ""


@pytest.mark.parametrize("line", ["Restrat=always", "TimeoutStartSec=soon", "ExecStartPre=/usr/local/sbin/missing"])
def test_systemd_would_notice(line: str, tmp_path: Path) -> None:
    """The same judge names a misspelt directive, a wrong value and an executable that nobody brings."""
    write("gra-edge", tmp_path)
    unit = tmp_path / "etc/systemd/system/caddy.service"
    unit.write_text(unit.read_text().replace("[Service]\n", f"[Service]\n{line}\n"))
    assert "caddy.service" in _verify(tmp_path)
