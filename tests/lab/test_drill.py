"""The drill as its users run it: the short selection, and one that is killed half-way."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from drill.report.shelf import newest
from lab.deployment import Deployment
from settings.faults import Fault
from tests.configuration import ROOT

pytestmark = [pytest.mark.lab, pytest.mark.timeout(1800)]

STRUCK_SECONDS = 240
REPAIR_SECONDS = 480


def command(deployment: Deployment, *words: str) -> list[str]:
    return [sys.executable, "-m", "drill", "--lab", deployment.lab.name, *words]


def test_the_short_selection_meets_every_budget(deployment: Deployment, tmp_path: Path) -> None:
    """The table is printed, the report is kept, and the exit status says that nothing was missed."""
    done = subprocess.run(
        command(deployment, "--short", "--reports", str(tmp_path)),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=1500,
    )
    print(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
    report = newest("lab", tmp_path)
    assert report is not None
    assert report.passed
    assert {one.name for one in report.drilled} >= {"seed", Fault.REDIS_MASTER_PAUSED, Fault.SITE_ISOLATED}
    assert all(one.spans for one in report.drilled if one.name == Fault.SITE_ISOLATED)


def test_a_drill_killed_half_way_is_repaired_with_one_command(deployment: Deployment, tmp_path: Path) -> None:
    """A master that stands still when its drill dies runs again, and the environment is whole."""
    drill = subprocess.Popen(
        command(deployment, Fault.REDIS_MASTER_PAUSED, "--reports", str(tmp_path)),
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    said: list[str] = []
    struck = threading.Event()

    def listen() -> None:
        assert drill.stderr
        for line in drill.stderr:
            said.append(line)
            if "stood" in line:
                struck.set()

    threading.Thread(target=listen, daemon=True).start()
    try:
        assert struck.wait(STRUCK_SECONDS), f"not struck in {STRUCK_SECONDS} s; last said: {said[-5:]}"
        time.sleep(1)
    finally:
        os.killpg(drill.pid, signal.SIGKILL)
        drill.wait(30)
    repaired = subprocess.run(
        command(deployment, "--repair"), cwd=ROOT, capture_output=True, text=True, check=False, timeout=REPAIR_SECONDS
    )
    assert repaired.returncode == 0, repaired.stdout + repaired.stderr
    assert "was PAUSED: unpause" in repaired.stdout
    assert "whole again" in repaired.stdout
