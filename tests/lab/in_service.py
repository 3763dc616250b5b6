"""Meeting servers that are back, and take rooms: at both edges, which find out each for itself."""

from functools import partial

from fleet import ssh
from fleet.edges import instances
from fleet.fleet import DeployedServer, Fleet
from fleet.rooms import instance_name
from lab.deployment import Deployment
from tests.lab.waiting import eventually


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
