"""Take a site out of every answer of the delegated zone, or a meeting server out of the edges' choice; or put it back.

    python -m ops drain gra sbg witness --site gra
    python -m ops drain gra sbg witness --node gra-meeting-2
    python -m ops drain gra sbg witness --site gra --undo

A site is taken out on all nameservers, whatever its health; new rooms are kept from a meeting server at all edges, and
those that are there stay. It lasts until it is undone, over restarts. Exit status 1 when a nameserver or an edge could
not be told, or still names the drained site: with both sites drained gdnsd names both.
"""

import subprocess
import time
from functools import partial
from ipaddress import IPv4Address
from pathlib import Path
from shlex import quote
from typing import Annotated

from fleet import nodes, ssh
from fleet.arguments import HERE, SSH, Directory, Identity, Ssh, Stacks
from fleet.ask import Run
from fleet.at_once import at_once
from fleet.command_line import CommandError
from fleet.finding import Finding
from fleet.fleet import DeployedServer, Fleet, known
from fleet.nameservers import ask
from fleet.rooms import instance_name, tables
from fleet.stacks import stacks
from settings.dns import SERVICE_TYPE, STATE

# gdnsd reads the file about two seconds after it changed.
APPLIED_SECONDS = 20
_TELL_SECONDS = 20


def override(address: IPv4Address, *, drained: bool) -> str:
    """The command for a nameserver's shell: its file with or without the line that has an edge DOWN, replaced at once.

    Lines of anybody else's stay; told twice, the file is the same.
    """
    line = quote(f"{address}/{SERVICE_TYPE} => DOWN")
    file, new = f"{STATE}/admin_state", f"{STATE}/admin_state.new"
    script = (
        f"set -eu; touch {file}; {{ grep --invert-match --line-regexp --fixed-strings {line} {file} || :; }} >{new}"
    )
    add = f"; echo {line} >>{new}" if drained else ""
    return f"sudo sh -c {quote(f'{script}{add}; mv {new} {file}')}"


def tell(deployed: Fleet, run: Run, address: IPv4Address, *, drained: bool) -> dict[str, str]:
    """Have every nameserver take the override.

    Args:
        deployed: the fleet.
        run: runs a command on a server, by its name.
        address: the edge's.
        drained: out of the answers, or back in.

    Returns:
        Why one did not, by its name.
    """
    command = override(address, drained=drained)

    def told(server: DeployedServer) -> str:
        try:
            done = run(server.name, command)
        except subprocess.TimeoutExpired as error:
            return f"no answer in {error.timeout:.0f} s"
        return (done.stderr.strip() or f"exit status {done.returncode}") if done.returncode else ""

    return {server.name: why for server, why in at_once(told, deployed.nameservers).items() if why}


def overridden(deployed: Fleet, run: Run) -> frozenset[str]:
    """The addresses that at least one nameserver has an override for; who cannot be asked has none."""
    command = f"sudo sh -c {quote(f'cat {STATE}/admin_state 2>/dev/null || :')}"

    def said(server: DeployedServer) -> str:
        try:
            return run(server.name, command).stdout
        except subprocess.TimeoutExpired:
            return ""

    lines = [line for text in at_once(said, deployed.nameservers).values() for line in text.splitlines()]
    return frozenset(line.partition("/")[0] for line in lines if line.endswith("=> DOWN"))


def answers(server: DeployedServer, names: tuple[str, ...]) -> dict[str, frozenset[str]]:
    """What a nameserver says of the zone's names.

    Raises:
        OSError: it says nothing.
    """
    return {name: ask(str(server.public_address), name).addresses for name in names}


def report(deployed: Fleet, address: IPv4Address, *, drained: bool, seconds: float = APPLIED_SECONDS) -> bool:
    """Print what each nameserver says once it has taken the override; whether all say what was asked for."""
    good = True
    deadline = time.monotonic() + seconds
    for server in deployed.nameservers:
        while True:
            try:
                said = answers(server, deployed.zone_names)
            except OSError as error:
                print(Finding(server.name, False, str(error)))
                good = False
                break
            named = any(str(address) in found for found in said.values())
            if named is not drained or time.monotonic() > deadline:
                words = ", ".join(f"{name} {' '.join(sorted(found)) or '-'}" for name, found in said.items())
                print(Finding(server.name, named is not drained, words))
                good = good and named is not drained
                break
            time.sleep(1)
    return good


def main(
    stack: Stacks,
    *,
    site: Annotated[str | None, "the one to take out"] = None,
    node: Annotated[str | None, "the meeting server to keep new rooms from, in its place"] = None,
    undo: Annotated[bool, "put it back, while its edge is up"] = False,
    ssh_: Ssh = SSH,
    identity: Identity = None,
    directory: Directory = HERE,
) -> int:
    """The command: 0 when every nameserver, or every edge, says what was asked for."""
    nodes.either(site, node)
    named = stacks(stack, directory)
    deployed = known(named)
    if node:
        server = nodes.node(deployed, node)
        if not (named[0].environment().get("edge") or {}).get("affinity", True):
            raise CommandError(f"--node {node}: edge.affinity is false: no edge can keep rooms from it")
        return _node(deployed, ssh.write(deployed, ssh_, identity), server, undo=undo)
    edges = {edge.site: str(edge.public_address) for edge in deployed.of("edge") if edge.zone_nameserver}
    if site not in edges:
        in_zone = ", ".join(edges) or "none: the environment has no dns"
        lines = [f"--site {site}: must be a site with an edge in the zone: {in_zone}"]
        raise CommandError("\n".join([*lines, *(finding.said for finding in deployed.unknown)]))
    address = IPv4Address(edges[site])
    run = partial(ssh.run, ssh.write(deployed, ssh_, identity), timeout=_TELL_SECONDS)
    untold = tell(deployed, run, address, drained=not undo)
    for name, reason in untold.items():
        print(f"BAD  {name}: could not be told: {reason}")
    for finding in deployed.unknown:
        print(f"BAD  its nameserver could not be told: {finding.said}")
    return 0 if report(deployed, address, drained=not undo) and not untold and not deployed.unknown else 1


def _node(deployed: Fleet, config: Path, server: DeployedServer, *, undo: bool) -> int:
    """Keep new rooms from a meeting server at every edge, or let them in again."""
    name, told = nodes.node_name(server), deployed.of("edge")
    found = tables(config, told)
    if not undo and (nowhere := nodes.left_alone(server, found)):
        raise CommandError(
            f"--node {name}: no other meeting server takes rooms, as {', '.join(nowhere)} says: make status"
        )
    own = instance_name(server.name, server.site)
    untold = nodes.tell(config, told, frozenset({own}), "ready" if undo else "drain")
    for edge, table in tables(config, told).items():
        said = ", ".join(f"{instance} {state}" for instance, state in table.states.items())
        print(Finding(edge, edge not in untold, f"could not be told: {untold[edge]}" if edge in untold else said))
    for finding in deployed.unknown:
        print(f"BAD  its edge could not be told: {finding.said}")
    if not undo and not nodes.neighbours(deployed, server):
        print(f"{server.site} has no other meeting server: new rooms go to the other site")
    return 1 if untold or deployed.unknown else 0
