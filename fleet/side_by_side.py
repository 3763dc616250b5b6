"""Several stacks at once, with one line of progress for each."""

import re
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from fleet.progress import say
from fleet.stacks import StackError

# What `pulumi up` and `pulumi destroy` print for each resource: " +  type name created (3s)".
_STEP = re.compile(r"^ [ +~-]+ +(\S+) (\S+) (creating|created|updating|updated|deleting|deleted|replaced|replacing)\b")
_SAY_EVERY = 15
_SHOWN_LINES = 60


@dataclass(frozen=True)
class Outcome:
    """How a command on a stack ended: its exit status, its log, and what stands there."""

    status: int
    log: Path
    said: str


@dataclass
class Task:
    """One command on one stack, its log, and what it last did."""

    stack: str
    process: "subprocess.Popen[str]"
    log: Path
    done: int = 0
    running: dict[str, None] = field(default_factory=dict)

    def read(self) -> None:
        """Keep the log and count the steps, until the command ends."""
        assert self.process.stdout is not None  # noqa: S101 - opened with a pipe
        with self.log.open("w") as log:
            for line in self.process.stdout:
                log.write(line)
                log.flush()
                if step := _STEP.match(line):
                    _, name, what = step.groups()
                    if what.endswith("ing"):
                        self.running[name] = None
                    else:
                        self.running.pop(name, None)
                        self.done += 1

    @property
    def outcome(self) -> "Outcome":
        """How it ended; by now it has."""
        return Outcome(int(self.process.returncode), self.log, self.log.read_text())

    def __str__(self) -> str:
        waiting = ", ".join(list(self.running)[-3:])
        return f"{self.stack}: {self.done} done" + (f", working on {waiting}" if waiting else "")


def run(
    commands: Mapping[str, Sequence[str]],
    environments: Mapping[str, dict[str, str]],
    logs: Path,
    *,
    deadline: float,
) -> dict[str, float]:
    """Run one command for each stack, side by side.

    Args:
        commands: by stack.
        environments: by stack.
        logs: the directory for their logs.
        deadline: seconds for all of them.

    Returns:
        Each stack's seconds.

    Raises:
        StackError: one failed or the deadline passed; with the end of its log, and where it is.
    """
    took: dict[str, float] = {}
    for stack, outcome in outcomes(commands, environments, logs, deadline=deadline, took=took).items():
        if outcome.status:
            end = "\n".join(outcome.said.splitlines()[-_SHOWN_LINES:])
            raise StackError(f"{stack} failed; its log is {outcome.log}\n{end}")
    return took


def outcomes(
    commands: Mapping[str, Sequence[str]],
    environments: Mapping[str, dict[str, str]],
    logs: Path,
    *,
    deadline: float,
    took: dict[str, float] | None = None,
) -> dict[str, Outcome]:
    """The same, and a failure is no error: how each ended; `took` gets each stack's seconds.

    Raises:
        StackError: the deadline passed.
    """
    logs.mkdir(parents=True, exist_ok=True)
    tasks = [_start(stack, command, environments[stack], logs) for stack, command in commands.items()]
    readers = [threading.Thread(target=task.read, daemon=True) for task in tasks]
    for reader in readers:
        reader.start()
    seconds = _wait(tasks, deadline, logs)
    for reader in readers:
        reader.join(10)
    if took is not None:
        took.update(seconds)
    return {task.stack: task.outcome for task in tasks}


def _start(stack: str, command: Sequence[str], environment: dict[str, str], logs: Path) -> Task:
    process = subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return Task(stack, process, logs / f"{stack}.log")


def _wait(tasks: list[Task], deadline: float, logs: Path) -> dict[str, float]:
    took: dict[str, float] = {}
    begun = last = time.monotonic()
    while len(took) < len(tasks):
        now = time.monotonic()
        running = [task for task in tasks if task.stack not in took]
        for task in running:
            if task.process.poll() is not None:
                took[task.stack] = now - begun
                say(f"{task.stack}: ended with status {task.process.returncode} after {now - begun:.0f} s")
        if now - begun > deadline:
            for task in running:
                task.process.terminate()
            raise StackError(f"not done after {deadline:.0f} s: {'; '.join(map(str, running))}; logs in {logs}")
        if now - last >= _SAY_EVERY:
            last = now
            for task in running:
                say(str(task))
        time.sleep(0.2)
    return took
