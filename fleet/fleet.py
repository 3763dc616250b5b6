"""A deployed environment, as its stacks' outputs describe it."""

from collections.abc import Sequence
from dataclasses import dataclass

from fleet.outputs import StackOutputs
from fleet.stacks import Stack, StackError


@dataclass(frozen=True)
class DeployedServer:
    """One server: where it is, and the SSH host key that it wrote to its console."""

    name: str
    id: str
    site: str
    region: str
    role: str
    public_address: str | None
    backbone_address: str
    host_key: str | None
    zone_nameserver: bool = False


@dataclass(frozen=True)
class Fleet:
    """The servers of an environment's deployed sites, in the order of the stacks."""

    servers: tuple[DeployedServer, ...]
    domain: str | None
    zone_names: tuple[str, ...] = ()  # the domain's own first; none without a delegated zone

    def of(self, role: str) -> list[DeployedServer]:
        """The servers of one role."""
        return [server for server in self.servers if server.role == role]

    @property
    def nameservers(self) -> list[DeployedServer]:
        """The servers that answer for the delegated zone."""
        return [s for s in self.servers if s.zone_nameserver]


def fleet(stacks: list[Stack]) -> Fleet:
    """Read the stacks' outputs.

    Raises:
        StackError: a stack has not been deployed.
    """
    outputs = {
        stack.name: StackOutputs.model_validate_json(stack.pulumi("stack", "output", "--json")) for stack in stacks
    }
    for name, found in outputs.items():
        if not found.servers:
            raise StackError(f"stack {name} is not deployed: pulumi up --stack {name}")
    return described(list(outputs.values()))


def described(outputs: Sequence[StackOutputs]) -> Fleet:
    """The fleet that the outputs of deployed stacks describe."""
    servers = [
        DeployedServer(
            name=name,
            id=server.id,
            site=found.site,
            region=found.region,
            role=server.role,
            public_address=server.public_address,
            backbone_address=server.backbone_address,
            host_key=server.host_key,
            zone_nameserver=found.zone is not None and server.role in ("edge", "witness"),
        )
        for found in outputs
        for name, server in found.servers.items()
    ]
    domain = next((found.domain for found in outputs if found.domain), None)
    names = next((found.zone_names for found in outputs if found.zone_names), ())
    return Fleet(tuple(servers), domain, names)
