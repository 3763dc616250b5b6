"""A meeting node's word about its load: the very program, and processors that are as busy as a test says."""

import subprocess
import sys
import threading
from pathlib import Path

from settings.meeting import LOAD_PORT
from tests.configuration import ROOT
from tests.edge.fleet import Instance

_PROGRAM = ROOT / "boot" / "meeting" / "node_load.py"
_WINDOW = 1  # ticks
IDLE, FULL = 10, 90  # percent


class Load:
    """What a node says of itself, from `start` to `end`."""

    def __init__(self, instance: Instance, stat: Path) -> None:
        self._instance, self._stat = instance, stat
        self.busy = IDLE
        self._ended = threading.Event()
        self._writing = threading.Thread(target=self._write, daemon=True)
        self._writing.start()
        self.start()

    def start(self) -> None:
        """Start the program."""
        words = (sys.executable, _PROGRAM, self._instance.address, LOAD_PORT, self._stat, _WINDOW)
        self._program = subprocess.Popen(self._instance.command(*map(str, words)))

    def kill(self, signal: str) -> None:
        """End the program by a signal."""
        self._instance.run("pkill", f"-{signal}", "-f", "meeting/node_load[.]py")
        self._program.wait(timeout=20)

    def end(self) -> None:
        """End the program with its last word, and the processors."""
        if self._program.poll() is None:
            self.kill("TERM")
        self._ended.set()
        self._writing.join(timeout=10)

    def _write(self) -> None:
        """As /proc/stat: what was used and what was left since the start."""
        used = left = 0
        while not self._ended.wait(0.02):
            used, left = used + self.busy, left + 100 - self.busy
            new = self._stat.with_suffix(".new")
            new.write_text(f"cpu  {used} 0 0 {left} 0 0 0 0 0 0\ncpu0 0 0 0 0 0 0 0 0 0 0\n")
            new.replace(self._stat)
