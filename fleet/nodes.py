"""One meeting server: found by its name, and kept from new rooms at every edge, or let in to them again."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from fleet import edges
from fleet.at_once import at_once
from fleet.command_line import CommandError
from fleet.edges import Admin, EdgeError
from fleet.fleet import DeployedServer, Fleet
from fleet.rooms import Table, instance_name

# What HAProxy calls an instance after it was told.
WORDS: dict[Admin, str] = {"maint": "MAINT", "drain": "DRAIN", "ready": "UP"}


def node_name(server: DeployedServer) -> str:
    """A meeting server's name without its environment's, such as gra-meeting-2."""
    return f"{server.site}-{server.role}-{server.name.rpartition('-')[2]}"


def node(deployed: Fleet, name: str) -> DeployedServer:
    """The meeting server of a name, with its environment's or without.

    Raises:
        CommandError: no stack has one of this name.
    """
    found = deployed.of("meeting")
    for server in found:
        if name in (server.name, node_name(server)):
            return server
    there = ", ".join(map(node_name, found)) or "none"
    lines = [f"--node {name}: must be one of {there}", *(finding.said for finding in deployed.unknown)]
    raise CommandError("\n".join(lines))


def either(site: str | None, node: str | None) -> None:
    """Have exactly one of the two.

    Raises:
        CommandError: neither, or both.
    """
    if not site and not node:
        raise CommandError("a site or a meeting server: SITE=gra (--site), or NODE=gra-meeting-2 (--node)")
    if site and node:
        raise CommandError(f"--site {site}, --node {node}: only one of them")


def neighbours(deployed: Fleet, server: DeployedServer) -> list[str]:
    """The names of the other meeting servers of its site."""
    return [node_name(other) for other in deployed.of("meeting") if other.site == server.site and other != server]


def left_alone(server: DeployedServer, found: Mapping[str, Table]) -> list[str]:
    """The edges that have no other instance which takes rooms, of those that say.

    Args:
        server: a meeting server.
        found: what each edge says, by its name.
    """
    own = instance_name(server.name, server.site)
    return [
        edge
        for edge, table in found.items()
        if not table.silent and not any(s.startswith("UP") for name, s in table.states.items() if name != own)
    ]


def tell(config: Path, told: Sequence[DeployedServer], names: frozenset[str], admin: Admin) -> dict[str, str]:
    """Tell edges about the instances that they know of some, and look at what each says then.

    Args:
        config: the SSH configuration that reaches them.
        told: the edges.
        names: the instances'.
        admin: what they are to be.

    Returns:
        Why an edge does not say so, by its name; the others were told, and say so.
    """
    answers = at_once(lambda edge: _told(config, edge, names, admin), told)
    return {edge.name: why for edge, why in answers.items() if why}


def _told(config: Path, edge: DeployedServer, names: frozenset[str], admin: Admin) -> str:
    try:
        known = sorted(names & edges.instances(config, edge).keys())
        edges.tell(config, edge, dict.fromkeys(known, admin))
        states = {name: state for name, state in edges.instances(config, edge).items() if name in known}
    except EdgeError as error:
        return str(error)
    if known and all(state.startswith(WORDS[admin]) or admin == "ready" for state in states.values()):
        return ""
    return f"was told {admin} and says {states or 'nothing'}"
