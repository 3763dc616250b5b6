"""What is not healthy of some servers: the findings of `make status`, and each edge's view of the instances."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fleet.finding import Finding
from fleet.fleet import Fleet
from fleet.redis import redis_findings
from fleet.rooms import behind, instance_name, tables
from fleet.servers import server_states
from ops.status import DNS_RECORDS, edge_findings, zone_findings


@dataclass(frozen=True)
class Reach:
    """How a fleet is asked.

    Attributes:
        config: the SSH configuration that reaches it.
        authority: of the edges' certificate, when it is a private one.
        table: whether the edges have a room table.
    """

    config: Path
    authority: Path | None = None
    table: bool = True


def lacking(
    deployed: Fleet, reach: Reach, *, servers: frozenset[str], serving: frozenset[str], together: bool = True
) -> list[str]:
    """What must be mended before anything goes on; empty when all is healthy.

    Args:
        deployed: the fleet.
        reach: how it is asked.
        servers: the names of those that must be healthy.
        serving: the names of those whose instances must be up, at the edges among `servers`.
        together: whether what belongs to no server counts: the DNS, one master for all.
    """
    named = [server for server in deployed.servers if server.name in servers]
    states, silent = server_states(deployed)
    said = [f"{s.name} is {states[s.name]}" for s in named if states[s.name] != "ACTIVE"]
    regions = tuple(server.region for server in named)
    said += [f"{finding.what}: {finding.said}" for finding in silent if finding.what.startswith(regions)]
    said += [finding.said for finding in deployed.unknown if together]
    # What is found of a server begins with its name.
    others = {server.name for server in deployed.servers} - servers
    said += [
        f"{finding.what}: {finding.said}"
        for finding in _findings(deployed, reach)
        if not finding.good and (of := finding.what.partition(" ")[0]) not in others and (together or of in servers)
    ]
    return [*said, *_table(deployed, reach.config, servers, serving)] if reach.table else said


def _findings(deployed: Fleet, reach: Reach) -> Iterator[Finding]:
    found = edge_findings(deployed, reach.authority)
    yield from (finding for finding in found if finding.what != DNS_RECORDS)
    yield from zone_findings(deployed)
    yield from redis_findings(deployed, reach.config)


def _table(deployed: Fleet, config: Path, servers: frozenset[str], serving: frozenset[str]) -> Iterator[str]:
    """The tables of the edges among the servers: who is up, and whether a new HAProxy has learned the other's rooms.

    Until then it would open a live one a second time.
    """
    expected = sorted({instance_name(s.name, s.site) for s in deployed.of("meeting") if s.name in serving})
    found = tables(config, deployed.of("edge"))
    own = [edge.name for edge in deployed.of("edge") if edge.name in servers]
    for edge in own:
        if found[edge].silent:
            yield f"{edge}: {found[edge].silent}"
            continue
        for name in expected:
            if not (state := found[edge].states.get(name, "unknown")).startswith("UP"):
                yield f"{edge} finds {name} {state}"
    yield from (f"{edge} {words}" for edge, words in behind(found).items() if edge in own)
