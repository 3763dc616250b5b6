"""What is not healthy, site by site: the findings of `make status`, and each edge's view of the instances."""

from collections.abc import Iterator
from pathlib import Path

from openstack.exceptions import SDKException

from fleet import edges
from fleet.edges import EdgeError
from fleet.finding import Finding
from fleet.fleet import Fleet
from fleet.redis import redis_findings
from ops.status import edge_findings, server_states, zone_findings

# Rooms come and go while two edges are asked; an edge that has just started knows none, or a part.
_LEARNT = 0.9


def lacking(
    deployed: Fleet,
    config: Path,
    authority: Path | None,
    *,
    sites: frozenset[str],
    serving: frozenset[str],
    table: bool = True,
) -> list[str]:
    """What must be mended before anything goes on; empty when all is healthy.

    Args:
        deployed: the fleet.
        config: the SSH configuration that reaches it.
        authority: of the edges' certificate, when it is a private one.
        sites: whose servers must be healthy.
        serving: whose instances must be up, at the edges of `sites`.
        table: whether the edges have a room table.
    """
    others = tuple(server.name for server in deployed.servers if server.site not in sites)
    try:
        states = server_states(deployed)
    except SDKException as error:
        return [f"the cloud does not answer: {error}"]
    said = [
        f"{server.name} is {states[server.name]}"
        for server in deployed.servers
        if server.site in sites and states[server.name] != "ACTIVE"
    ]
    said += [
        f"{finding.what}: {finding.said}"
        for finding in _findings(deployed, config, authority)
        if not finding.good and not finding.what.startswith(others)
    ]
    return [*said, *_instances(deployed, config, sites, serving), *_tables(deployed, config, sites)] if table else said


def _findings(deployed: Fleet, config: Path, authority: Path | None) -> Iterator[Finding]:
    yield from edge_findings(deployed, authority)
    yield from zone_findings(deployed)
    yield from redis_findings(deployed, config)


def _instances(deployed: Fleet, config: Path, sites: frozenset[str], serving: frozenset[str]) -> Iterator[str]:
    expected = {instance_name(s.name, s.site) for s in deployed.of("meeting") if s.site in serving}
    for edge in deployed.of("edge"):
        if edge.site in sites:
            states = edges.instances(config, edge)
            for name in sorted(expected):
                if not (state := states.get(name, states.get(edge.name, "unknown"))).startswith("UP"):
                    yield f"{edge.name} finds {name} {state}"


def _tables(deployed: Fleet, config: Path, sites: frozenset[str]) -> Iterator[str]:
    """A new HAProxy learns the rooms from the other edge; until then it would open a live one a second time."""
    known: dict[str, int] = {}
    for edge in deployed.of("edge"):
        try:
            known[edge.name] = edges.rooms(config, edge)
        except EdgeError as error:
            if edge.site in sites:
                yield f"{edge.name}: {error}"
    most = max(known.values(), default=0)
    for edge in deployed.of("edge"):
        if edge.site in sites and known.get(edge.name, most) < _LEARNT * most:
            yield f"{edge.name} knows {known[edge.name]} rooms, the other edge {most}"


def instance_name(server: str, site: str) -> str:
    """What the edges call a meeting server (`boot.edge.instances`): its site and its number there."""
    return f"{site}-{server.rpartition('-')[2]}"
