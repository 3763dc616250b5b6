"""Drills run as their users run them, by the command, on the tests' lab."""

import subprocess
import sys
from pathlib import Path

from drill.record import Report
from drill.report.store import kept
from lab.deployment import Deployment
from tests.configuration import ROOT

DRILL_SECONDS = 1800


def command(deployment: Deployment, *words: str) -> list[str]:
    """`make drill` on the tests' lab."""
    return [sys.executable, "-m", "lab", "drill", "--lab", deployment.lab.name, *words]


def drilled(deployment: Deployment, reports: Path, *words: str) -> Report | None:
    """Run a drill, show what it says, and read its report; None when it made none."""
    done = subprocess.run(
        command(deployment, *words, "--reports", str(reports)),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=DRILL_SECONDS,
    )
    print(done.stdout)
    report = next(reversed(kept("lab", reports)), None)
    # The exit status says whether anything was missed.
    assert done.returncode or (report is not None and report.passed)
    return report
