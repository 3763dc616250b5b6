"""What is added to what a machine is allowed: how long it stood still."""

import signal
import subprocess
import sys
import time

from tests.configuration import ROOT

_WATCHED = """
import sys
from tests.edge.quiet import Standstill
with Standstill() as standstill:
    print("begun", flush=True)
    sys.stdin.readline()
print(standstill.longest)
"""
STOOD = 1.5  # seconds


def test_who_is_stopped_while_asleep_stood_still() -> None:
    """Work is a small part of the time that is watched."""
    with subprocess.Popen(
        [sys.executable, "-c", _WATCHED], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as watched:
        assert watched.stdout
        assert watched.stdout.readline() == "begun\n"
        watched.send_signal(signal.SIGSTOP)
        time.sleep(STOOD)
        watched.send_signal(signal.SIGCONT)
        said, _ = watched.communicate("\n", timeout=60)
    assert float(said) > STOOD - 0.5
