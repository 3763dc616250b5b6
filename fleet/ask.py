"""Asking several servers at once over SSH: one that cannot be asked is a finding, and keeps nobody from being asked."""

import subprocess
from collections.abc import Callable, Sequence

from fleet.at_once import at_once
from fleet.bounded import AskingError
from fleet.finding import Finding
from fleet.fleet import DeployedServer

# Runs a command on a server, by its name.
Run = Callable[[str, str], "subprocess.CompletedProcess[str]"]


def answer(server: DeployedServer, run: Run, command: str) -> str:
    """What a server answers.

    Args:
        server: whom to ask.
        run: runs the command.
        command: for the server's shell.

    Raises:
        AskingError: it cannot be asked.
    """
    if not server.host_key:
        raise AskingError("cannot be asked: the stack knows no host key (ready_deadline: 0)")
    try:
        done = run(server.name, command)
    except subprocess.TimeoutExpired as error:
        raise AskingError(f"cannot be asked: no answer in {error.timeout:.0f} s") from error
    if done.returncode:
        said = done.stderr.strip().splitlines()[-1:] or [f"exit status {done.returncode}"]
        raise AskingError(f"cannot be asked: {said[0]}")
    return done.stdout


def each(
    servers: Sequence[DeployedServer],
    what: str,
    run: Run,
    command: str,
    judge: Callable[[DeployedServer, str], Finding],
) -> list[Finding]:
    """A finding for each server.

    Args:
        servers: whom to ask.
        what: what is looked at, for one that cannot be asked.
        run: runs the command.
        command: for the server's shell, as root.
        judge: makes a finding of what the server answered; a ValueError of it is an answer that makes no sense.
    """

    def asked(server: DeployedServer) -> Finding:
        named = f"{server.name} {what}"
        try:
            return judge(server, answer(server, run, command))
        except AskingError as error:
            return Finding(named, False, str(error))
        except ValueError as error:
            return Finding(named, False, f"answers what makes no sense: {error}")

    return list(at_once(asked, servers).values())
