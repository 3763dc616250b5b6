"""`make roll` as an operator runs it, beside people who meet."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from lab.deployment import Deployment
from lab.workspace import STACKS
from ops.roll.plan import Step
from tests.lab.waiting import eventually

# Seconds. Once round: who is still there, and whether the others are healthy; a room's return; a roll's end.
LOOK_SECONDS, REJOIN_SECONDS, ROLL_SECONDS = 120, 60, 1200


class Roll:
    """A roll that has begun, and what it says."""

    def __init__(self, deployment: Deployment, site: str, log: Path, *, deadline: int, node: str = "") -> None:
        """`deadline`: the seconds that live rooms have; `node`: the one meeting server that is rolled."""
        self._log = log
        target = ("--node", node) if node else ("--site", site)
        command = [sys.executable, "-u", "-m", "ops", "roll", *STACKS, *target, "--deadline", str(deadline)]
        command += ["--authority", str(deployment.authority), "--ssh", str(deployment.ssh_directory)]
        command += ["--identity", str(deployment.identity)]
        with log.open("w") as output:
            self._process = subprocess.Popen(
                deployment.inside(command),
                env=deployment.environment(f"lab-{site}"),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def said(self) -> str:
        """Its words so far."""
        return self._log.read_text()

    def reaches(self, step: Step, seconds: float) -> None:
        """Wait until it is at a step."""

        def at() -> str:
            assert self._process.poll() is None or f"] {step}" in self.said(), self.said()
            return "there" if f"] {step}" in self.said() else self.said()[-300:]

        eventually(at, "there", deadline=seconds, what=step)

    def ends(self, seconds: float) -> int:
        """Wait for its end; its exit status."""
        return self._process.wait(timeout=seconds)

    def stop(self) -> None:
        """End it and what it has begun, if it still runs."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGTERM)
        self._process.wait(timeout=60)


@contextmanager
def rolling(deployment: Deployment, site: str, log: Path, *, deadline: int, node: str = "") -> Iterator[Roll]:
    """A roll that has begun, of a site or one of its nodes; it is over when this is left, and its words are shown."""
    begun = Roll(deployment, site, log, deadline=deadline, node=node)
    try:
        yield begun
    finally:
        begun.stop()
        print(begun.said())
