"""What the cloud says of a fleet's servers, region by region: one that is silent keeps nobody from being asked."""

from functools import partial

from fleet.bounded import NoAnswer, ask
from fleet.cloud import ASK_SECONDS, Connection, told
from fleet.finding import Finding
from fleet.fleet import Fleet

GONE, UNKNOWN = "gone", "?"


def server_states(deployed: Fleet) -> tuple[dict[str, str], list[Finding]]:
    """Nova's word for each server, by name, and a finding for each region whose API does not say.

    `GONE` is a server that its region does not know any more, `UNKNOWN` one whose region does not say.
    """
    regions = sorted({server.region for server in deployed.servers})
    answers = ask({region: partial(told, region, _listed) for region in regions}, ASK_SECONDS)
    states = {}
    for server in deployed.servers:
        found = answers[server.region]
        states[server.name] = UNKNOWN if isinstance(found, NoAnswer) else found.get(server.id, GONE)
    silent = [(region, found.why) for region, found in answers.items() if isinstance(found, NoAnswer)]
    return states, [Finding(f"{region}'s API", False, why) for region, why in silent]


def _listed(connection: Connection) -> dict[str, str]:
    return {server.id: str(server.status) for server in connection.compute.servers(details=True)}
