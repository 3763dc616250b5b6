"""The edges' room tables: which instances take rooms, whether the edges agree, whether one lacks rooms."""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from fleet import edges
from fleet.at_once import at_once
from fleet.edges import EdgeError
from fleet.finding import Finding
from fleet.fleet import DeployedServer, Fleet

# Rooms come and go while two edges are asked; an edge that has just started knows none, or a part.
_LEARNT = 0.9
OUT = ("DRAIN", "MAINT")


@dataclass(frozen=True)
class Table:
    """What an edge says: each instance's state in HAProxy's words, and how many rooms it knows; or why nothing."""

    states: dict[str, str]
    rooms: int = 0
    silent: str = ""


def tables(config: Path, asked: Sequence[DeployedServer]) -> dict[str, Table]:
    """The tables of edges, by the edge's name."""
    return {edge.name: table for edge, table in at_once(partial(_table, config), asked).items()}


def table_findings(deployed: Fleet, config: Path) -> list[Finding]:
    """A finding for each edge's table, and one for how they compare.

    An instance that an operator has taken out is one, too: a roll that stopped leaves it so.
    """
    instances = [instance_name(server.name, server.site) for server in deployed.of("meeting")]
    found = tables(config, deployed.of("edge"))
    known = [*instances, *(() if not deployed.unknown else (name for table in found.values() for name in table.states))]
    findings = [_finding(name, table, instances, known) for name, table in found.items()]
    return [*findings, _compared(found)] if len(found) > 1 else findings


def instance_name(server: str, site: str) -> str:
    """What the edges call a meeting server (`boot.edge.instances`): its site and its number there."""
    return f"{site}-{server.rpartition('-')[2]}"


def behind(found: dict[str, Table]) -> dict[str, str]:
    """The edges that know too few rooms, each with how few."""
    said = {name: table.rooms for name, table in found.items() if not table.silent}
    most = max(said.values(), default=0)
    return {
        name: f"knows {rooms} rooms, the other edge {most}" for name, rooms in said.items() if rooms < _LEARNT * most
    }


def _table(config: Path, edge: DeployedServer) -> Table:
    try:
        known = edges.rooms(config, edge)
    except EdgeError as error:
        return Table({}, silent=str(error))
    return Table(edges.instances(config, edge), known)


def _finding(edge: str, table: Table, instances: Sequence[str], known: Sequence[str]) -> Finding:
    """`known`: those that are some server's, as far as stacks say."""
    what = f"{edge} room table"
    if table.silent:
        return Finding(what, False, f"cannot be asked: {table.silent}")
    states = dict.fromkeys(instances, "unknown") | table.states
    said = ", ".join(f"{name} {state}" for name, state in states.items())
    gone = sorted(states.keys() - set(known))
    out = {name for name in states.keys() - set(gone) if states[name].split(" ")[0] in OUT}
    back = "".join(f"; {words} lets rooms in again" for words in _undoing(out, states.keys() - set(gone)))
    back += "".join(f"; {name} is no server's any more: pulumi up of this edge's stack" for name in gone)
    return Finding(what, all(state.startswith("UP") for state in states.values()), f"{said}; {table.rooms} rooms{back}")


def _undoing(out: Set[str], instances: Set[str]) -> list[str]:
    """The commands that let rooms in again: a site's where all of it was taken out, else a server's each."""
    found = set()
    for name in out:
        site, _, number = name.rpartition("-")
        whole = {other for other in instances if other.rpartition("-")[0] == site} <= out
        found.add(f"make roll SITE={site} UNDO=1" if whole else f"make undrain NODE={site}-meeting-{number}")
    return sorted(found)


def _compared(found: dict[str, Table]) -> Finding:
    """Whether the edges have the same instances in the same states, and know the same rooms."""
    said = {name: table for name, table in found.items() if not table.silent}
    apart = [
        f"{instance}: "
        + ", ".join(f"{name} says {table.states.get(instance, 'unknown')}" for name, table in said.items())
        for instance in dict.fromkeys(name for table in said.values() for name in table.states)
        if len({table.states.get(instance, "unknown").split(" ")[0] for table in said.values()}) > 1
    ]
    apart += [f"{name} {words}" for name, words in behind(said).items()]
    return Finding("Room tables", not apart, "; ".join(apart) or "all that answer say the same")
