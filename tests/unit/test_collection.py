"""Every room of the tests can be collected beside every other: `make check` runs only two of them."""

import subprocess
import sys

from tests.configuration import ROOT


def test_all_the_tests_can_be_collected_together() -> None:
    told = subprocess.run(
        [sys.executable, "-m", "pytest", "-qq", "--collect-only"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert told.returncode == 0, told.stdout
