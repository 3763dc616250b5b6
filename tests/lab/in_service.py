"""The environment whole again: other tests may just have given a server back, and an edge finds that out by itself."""

from functools import partial

from fleet import ssh
from fleet.edges import instances
from fleet.fleet import DeployedServer, Fleet
from fleet.redis import redis_findings
from fleet.rooms import instance_name
from lab.deployment import Deployment
from tests.lab.conftest import instance, meetings
from tests.lab.waiting import eventually


def whole(deployment: Deployment, fleet: Fleet) -> None:
    """Wait until Redis is, all meeting servers take rooms at both edges, and both give GRA's pages."""
    redis_whole(deployment, fleet)
    in_service(deployment, fleet)
    first = meetings(fleet, "gra")[0].name
    for site in ("gra", "sbg"):
        eventually(partial(instance, deployment, fleet, site), first, deadline=90, what=f"pages from GRA at {site}'s")


def redis_whole(deployment: Deployment, fleet: Fleet) -> None:
    """Wait until one master has all others, and the Sentinels name it, know each other and vote.

    After a standstill of more than two seconds they do not for half a minute.
    """
    config = ssh.write(fleet, deployment.ssh_directory, deployment.identity)

    def seen() -> str:
        return "; ".join(str(one) for one in redis_findings(fleet, config) if not one.good) or "whole"

    eventually(seen, "whole", deadline=180, what="Redis")


def in_service(deployment: Deployment, fleet: Fleet) -> None:
    """Wait until every meeting server takes new rooms at both edges.

    One that was just replaced is as full as the one before until it has counted ("UP (full)"), and one that a check has
    just missed is still "UP 2/3".
    """
    config = ssh.write(fleet, deployment.ssh_directory, deployment.identity)
    names = sorted(instance_name(server.name, server.site) for server in fleet.of("meeting"))

    def seen(edge: DeployedServer) -> str:
        states = instances(config, edge)
        return "all take rooms" if all(states.get(name) == "UP" for name in names) else str(states)

    for edge in fleet.of("edge"):
        eventually(partial(seen, edge), "all take rooms", deadline=120, what=f"{names} at {edge.name}")
