"""Programs that these modules run; under nova-compute they hold up none of its other work."""

import subprocess
from collections.abc import Callable, Sequence
from time import monotonic, sleep

SECONDS = 120


class ContainerError(RuntimeError):
    """Something about a container did not work."""


def run(*argv: str) -> str:
    """Run a program to its end and return what it printed.

    Raises:
        ContainerError: it failed; the message has the end of its output.
    """
    done = _done(argv)
    if done.returncode:
        raise ContainerError(f"{' '.join(argv)}: exit code {done.returncode}: {(done.stdout + done.stderr)[-2000:]}")
    return done.stdout


def attempt(*argv: str) -> str:
    """Run a program of which it does not matter whether it fails; what it printed."""
    return _done(argv).stdout


def until(what: str, done: Callable[[], bool], seconds: float) -> None:
    """Wait for something.

    Raises:
        ContainerError: the deadline passed.
    """
    deadline = monotonic() + seconds
    while not done():
        if monotonic() > deadline:
            raise ContainerError(f"{what}: not after {seconds:.0f} s")
        sleep(0.05)


def _done(argv: Sequence[str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=SECONDS)
