"""Asking several servers at once over SSH: one that cannot be asked is a finding, and keeps nobody from being asked."""

import subprocess
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from fleet.finding import Finding
from fleet.fleet import DeployedServer

# Runs a command on a server, by its name.
Run = Callable[[str, str], "subprocess.CompletedProcess[str]"]


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
        if not server.host_key:
            return Finding(named, False, "cannot be asked: the stack knows no host key (ready_deadline: 0)")
        try:
            done = run(server.name, command)
            if done.returncode:
                said = done.stderr.strip().splitlines()[-1:] or [f"exit status {done.returncode}"]
                return Finding(named, False, f"cannot be asked: {said[0]}")
            return judge(server, done.stdout)
        except subprocess.TimeoutExpired as error:
            return Finding(named, False, f"cannot be asked: no answer in {error.timeout:.0f} s")
        except ValueError as error:
            return Finding(named, False, f"answers what makes no sense: {error}")

    with ThreadPoolExecutor(max(len(servers), 1)) as pool:
        return list(pool.map(asked, servers))
