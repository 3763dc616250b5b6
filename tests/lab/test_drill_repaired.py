"""A drill that is killed half-way, and the command that undoes what it left."""

import os
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest

from lab.deployment import Deployment
from recovery.fault import Fault
from tests.configuration import ROOT
from tests.lab.drilling import command

pytestmark = [pytest.mark.lab, pytest.mark.timeout(1200)]

STRUCK_SECONDS = 240
REPAIR_SECONDS = 480


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
            if "paused" in line:
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
