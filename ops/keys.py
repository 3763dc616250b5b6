"""Who may log in: have every server take the operators' keys that the settings name, and no other; none is replaced.

    python -m ops keys gra sbg witness

A server is made with `operators.ssh_public_key`, and is told of `operators.ssh_public_keys` by this: after a change of
them, and after servers were made. Exit status 1 where one could not be told.
"""

import shlex
import subprocess
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from fleet import ssh
from fleet.arguments import HERE, SSH, Directory, Identity, Ssh, Stacks
from fleet.ask import Run, each
from fleet.command_line import CommandError
from fleet.finding import Finding
from fleet.fleet import DeployedServer, Fleet, known
from fleet.stacks import stacks

_FILE = ".ssh/authorized_keys"
ASK = f"cat {_FILE}"
_TELL_SECONDS = 40


def wanted(facts: Mapping[str, Any]) -> list[str]:
    """The keys that may log in, by what Pulumi.yaml says of an environment; empty where it names no persons."""
    operators = facts.get("operators") or {}
    return [str(key).strip() for key in operators.get("ssh_public_keys") or ()]


def key_findings(deployed: Fleet, run: Run, keys: Iterable[str]) -> list[Finding]:
    """Whether each server lets in those and nobody else."""
    return each(deployed.servers, "keys", run, ASK, partial(_judged, keys=frozenset(map(_key, keys))))


def tell(deployed: Fleet, run: Run, keys: Iterable[str]) -> list[Finding]:
    """Have each server let in those and nobody else, from the next login on."""
    held = list(keys)
    text = "".join(f"{key}\n" for key in held)
    told = f"umask 077; printf %s {shlex.quote(text)} >{_FILE}.new && mv {_FILE}.new {_FILE} && {ASK}"
    return each(deployed.servers, "keys", run, told, partial(_judged, keys=frozenset(map(_key, held))))


def own_keys(identity: Path | None) -> frozenset[str]:
    """The keys that whoever runs this logs in with: the agent's, and that of the file."""
    lines = [["ssh-add", "-L"], *([["ssh-keygen", "-y", "-f", str(identity)]] if identity else [])]
    said = [subprocess.run(line, capture_output=True, text=True, check=False).stdout for line in lines]
    return frozenset(_key(line) for line in "\n".join(said).splitlines() if line.count(" "))


def _key(line: str) -> str:
    """Without the comment: type and number."""
    return " ".join(line.split()[:2])


def _judged(server: DeployedServer, answer: str, *, keys: frozenset[str]) -> Finding:
    there = frozenset(_key(line) for line in answer.splitlines() if line.strip() and not line.startswith("#"))
    if there == keys:
        return Finding(f"{server.name} keys", True, f"{len(keys)} may log in")
    said = f"{len(there - keys)} more and {len(keys - there)} less than the settings name may log in: make keys"
    return Finding(f"{server.name} keys", False, said)


def main(
    stack: Stacks,
    *,
    ssh_: Ssh = SSH,
    identity: Identity = None,
    directory: Directory = HERE,
) -> int:
    """The command."""
    named = stacks(stack, directory)
    keys = wanted(named[0].environment())
    if not keys:
        raise CommandError("operators.ssh_public_keys names nobody: servers let in operators.ssh_public_key")
    if not own_keys(identity) & frozenset(map(_key, keys)):
        raise CommandError(
            "operators.ssh_public_keys has none of yours (ssh-add -L, --identity): you would lock yourself out"
        )
    deployed = known(named)
    run = partial(ssh.run, ssh.write(deployed, ssh_, identity), timeout=_TELL_SECONDS)
    found = [*deployed.unknown, *tell(deployed, run, keys)]
    for finding in found:
        print(finding)
    return 0 if all(finding.good for finding in found) else 1
