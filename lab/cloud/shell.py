"""Programs of the lab: run to their end, or started and left running; and waits that end."""

import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from fleet.command_line import CommandError
from fleet.until import until
from lab.cloud.layout import HOME, LOG

RUNTIME = Path(__file__).parent / "runtime"
PYTHON = "/usr/bin/python3"  # the distribution's: it has OpenStack's libraries
ENVIRONMENT = {
    "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": str(HOME),
    "LANG": "C.UTF-8",
    "PYTHONPATH": str(RUNTIME),
    "PYTHONWARNINGS": "ignore",
    "PYTHONDONTWRITEBYTECODE": "1",
    "LIBVIRT_DEFAULT_URI": "qemu:///system",
}


class LabError(CommandError):
    """Something in the lab did not work; the message says where to look."""


def run(argv: Sequence[str], *, env: Mapping[str, str] | None = None, stdin: str | None = None) -> str:
    """Run a program to its end and return what it printed.

    Raises:
        LabError: it failed; the message has the end of its output.
    """
    done = subprocess.run(
        argv,
        env=ENVIRONMENT | dict(env or {}),
        input=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise LabError(f"{' '.join(argv)}: exit code {done.returncode}\n{done.stdout[-3000:]}")
    return done.stdout


def start(name: str, argv: Sequence[str], env: Mapping[str, str] | None = None) -> int:
    """Start a program that outlives this one; its output goes to `<log>/<name>.out`. Returns its process id."""
    with (LOG / f"{name}.out").open("ab") as out:
        process = subprocess.Popen(
            argv,
            env=ENVIRONMENT | dict(env or {}),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
            cwd=HOME,
        )
    return process.pid


def alive(pid: int) -> bool:
    """Whether a process runs (a zombie does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


def wait_for(what: str, check: Callable[[], str], *, seconds: float, log: Path = LOG, pid: int = 0) -> None:
    """Wait until `check` returns an empty string; anything else is what is still missing.

    Args:
        what: named in the error.
        check: called a few times a second.
        seconds: the deadline.
        log: where to look when it fails.
        pid: a process without which waiting makes no sense.

    Raises:
        LabError: the deadline passed, or the process ended.
    """

    def missing() -> str:
        seen = check()
        if seen and pid and not alive(pid):
            raise LabError(f"{what}: its process ended; see {log}")
        return seen

    until(missing, seconds=seconds, what=f"{what}, whose log is {log}", error=LabError, pause=0.2)


def answers(url: str) -> Callable[[], str]:
    """A check for `wait_for`: the URL answers with success (a listening port alone may still answer 404)."""

    def check() -> str:
        try:
            with urllib.request.urlopen(url, timeout=5):  # noqa: S310 -- our own http URLs
                return ""
        except urllib.error.HTTPError as error:
            # Nova, Glance and Placement list versions with 300, or want a token: they are there.
            return "" if error.code in {300, 401} else f"status {error.code}"
        except OSError as error:
            return str(error)

    return check


def says(log: Path, text: str) -> Callable[[], str]:
    """A check for `wait_for`: the log has this text."""

    def check() -> str:
        if not log.exists():
            return "no such file"
        return "" if text in log.read_text(errors="replace") else f"no {text!r} in it"

    return check
