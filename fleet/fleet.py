"""A deployed environment, as its stacks' outputs describe it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pydantic import ValidationError

from fleet.at_once import at_once
from fleet.finding import Finding
from fleet.outputs import StackOutputs
from fleet.stacks import Stack, StackError

# The CLI reads a state from its backend, which may be in the region that is lost.
_OUTPUT_SECONDS = 20


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
class DeployedGateway:
    """A site's gateway: its router's name, where it is, and the size that the stack gave it."""

    name: str
    region: str
    size: str


@dataclass(frozen=True)
class Fleet:
    """The servers of an environment's deployed sites, in the order of the stacks.

    Attributes:
        servers: those that are known.
        domain: the service's name.
        zone_names: the domain's own first; none without a delegated zone.
        unknown: for each stack whose servers are not known, why.
        gateways: of the stacks that say what theirs is.
    """

    servers: tuple[DeployedServer, ...]
    domain: str | None
    zone_names: tuple[str, ...] = ()
    unknown: tuple[Finding, ...] = ()
    gateways: tuple[DeployedGateway, ...] = ()

    def of(self, role: str) -> list[DeployedServer]:
        """The servers of one role."""
        return [server for server in self.servers if server.role == role]

    @property
    def nameservers(self) -> list[DeployedServer]:
        """The servers that answer for the delegated zone."""
        return [s for s in self.servers if s.zone_nameserver]


def fleet(stacks: Sequence[Stack]) -> Fleet:
    """Read the stacks' outputs.

    Raises:
        StackError: a stack has not been deployed.
    """
    found = known(stacks)
    if found.unknown:
        raise StackError("\n".join(finding.said for finding in found.unknown))
    return found


def known(stacks: Sequence[Stack]) -> Fleet:
    """As much of the fleet as the stacks' outputs say: a site that is lost, or made anew, may have none.

    Raises:
        StackError: none of them says anything.
    """
    read = at_once(_outputs, stacks)
    unknown = tuple(
        Finding(f"stack {stack.name}", False, found) for stack, found in read.items() if isinstance(found, str)
    )
    outputs = [found for found in read.values() if isinstance(found, StackOutputs)]
    if not outputs:
        raise StackError("\n".join(finding.said for finding in unknown))
    return replace(described(outputs), unknown=unknown)


def _outputs(stack: Stack) -> StackOutputs | str:
    """A stack's outputs, or why there are none."""
    try:
        found = StackOutputs.model_validate_json(stack.pulumi("stack", "output", "--json", seconds=_OUTPUT_SECONDS))
    except StackError as error:
        return str(error)
    except ValidationError:
        return f"stack {stack.name} has outputs that this version does not know: pulumi up --stack {stack.name}"
    return found if found.servers else f"stack {stack.name} is not deployed: pulumi up --stack {stack.name}"


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
    gateways = tuple(
        DeployedGateway(f"{found.environment}-{found.site}-local", found.region, found.gateway)
        for found in outputs
        if found.gateway
    )
    return Fleet(tuple(servers), domain, names, gateways=gateways)
