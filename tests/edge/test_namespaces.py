"""Namespaces end with whoever made them, whatever ends it: nobody else would take them away."""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from tests.configuration import ROOT
from tests.conftest import skip_or_fail
from tests.unit.waiting import eventually

MAKES = """
import time
from tests.edge.namespaces import Namespaces
made = Namespaces()
print(made.pid, flush=True)
time.sleep(600)
"""


@pytest.mark.parametrize("ended", [signal.SIGTERM, signal.SIGKILL])
def test_namespaces_end_with_the_process_that_made_them(ended: signal.Signals) -> None:
    """Which gets no chance to end them itself."""
    if os.getuid():
        skip_or_fail("namespaces need root")
    with subprocess.Popen([sys.executable, "-c", MAKES], stdout=subprocess.PIPE, text=True, cwd=ROOT) as maker:
        assert maker.stdout
        first = int(maker.stdout.readline())
        maker.send_signal(ended)
    try:
        there = Path(f"/proc/{first}")
        eventually(there.exists, lambda is_there: not is_there, seconds=10, what="the namespaces' end")
    finally:
        with suppress(ProcessLookupError):
            os.kill(first, signal.SIGKILL)
