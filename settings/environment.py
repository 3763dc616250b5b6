"""An environment: what its sites share, written once in Pulumi.yaml."""

from ipaddress import IPv4Network, collapse_addresses
from typing import Annotated, Literal

from pydantic import Field, model_validator

from settings import addresses
from settings.dns import Dns, dns_rules
from settings.edge import Edge
from settings.meeting import PORTS_PER_PARTICIPANT, MeetingServer
from settings.monitoring import Monitoring, monitoring_rules
from settings.recovery_objective import RecoveryObjective
from settings.redis import Cluster, Redis, Sentinel
from settings.roll import Roll
from settings.section import ADVANCED, Refusal, Section, refuse
from settings.status_page import StatusPage
from settings.types import Cidr, Expiry, Fqdn, SiteName, SiteRole, SshPublicKey, Switch, Unit, Vlan, Whole

# An SFU sends each participant the streams of the others; 4 Mbit/s is a call of six at upstream's default bitrates.
MBIT_PER_PARTICIPANT = 4
# Operators' networks that are wider are refused unless they are insisted on: 65,536 addresses may try to log in.
WIDEST_OPERATORS = 16


class VrackBackbone(Section):
    """One VLAN of OVH's vRack: the same number in every region is one layer 2 network."""

    type: Literal["vrack"] = Field(description="One VLAN of OVH's vRack.")
    vlan: Vlan = Field(description="Of your vRack, for this environment alone; without a leading zero.")
    cidr: Cidr = Field(description="The backbone's network; the sites' blocks lie in it.")

    @property
    def wire(self) -> str:
        """The layer 2 network in words; two environments must not name the same."""
        return f"vRack VLAN {self.vlan}"

    @property
    def provider_attributes(self) -> dict[str, str]:
        """Neutron's provider attributes, as OVH's vRack takes them."""
        return {"provider:network_type": "vrack", "provider:segmentation_id": str(self.vlan)}


class ProviderBackbone(Section):
    """A provider network of another OpenStack, named by its physical network."""

    type: Literal["provider"] = Field(description="A provider network of another OpenStack.")
    network_type: Literal["flat", "vlan"] = Field(description="Neutron's type of it.")
    physical_network: str = Field(description="Neutron's name of the physical network.")
    vlan: Vlan | None = Field(default=None, description="Of network type vlan; without a leading zero.")
    cidr: Cidr = Field(description="The backbone's network; the sites' blocks lie in it.")

    @property
    def wire(self) -> str:
        """The layer 2 network in words; two environments must not name the same."""
        return f"physical network {self.physical_network}" + (f" VLAN {self.vlan}" if self.vlan else "")

    @property
    def provider_attributes(self) -> dict[str, str]:
        """Neutron's provider attributes."""
        segment = {"provider:segmentation_id": str(self.vlan)} if self.vlan else {}
        return {
            "provider:network_type": self.network_type,
            "provider:physical_network": self.physical_network,
            **segment,
        }


Backbone = Annotated[VrackBackbone | ProviderBackbone, Field(discriminator="type")]


class Site(Section):
    """What every other site must know of a site."""

    role: SiteRole = Field(
        description="`primary` and `secondary` run the service, one each; a `witness` breaks ties in a third region."
    )
    block: Cidr = Field(description="The site's part of the backbone's network, /26 or larger; no two overlap.")
    meeting_nodes: Annotated[Whole, Unit("servers"), Field(ge=0)] = Field(
        default=1, description="Servers of the meeting server; each service site alone must hold everybody."
    )


class Operators(Section):
    """Who may log in, and from where. Without CIDRs, port 22 is closed everywhere."""

    cidrs: tuple[Cidr, ...] = Field(
        default=(), description="Networks that operators log in from; none: port 22 is closed everywhere."
    )
    wide_cidrs: Switch = Field(
        default=False,
        description=f"Whether `cidrs` may be wider than /{WIDEST_OPERATORS}, though never the whole Internet.",
        json_schema_extra=ADVANCED,
    )
    ssh_public_key: SshPublicKey | None = Field(
        default=None, description="The operators' key, as in ~/.ssh/id_ed25519.pub; needed with `cidrs`."
    )


class Environment(Section):
    """Facts that all sites of an environment share."""

    kind: Literal["production", "test"] = Field(
        description="`production` keeps its public addresses and is not destroyed; a `test` environment may expire."
    )
    domain: Fqdn = Field(description="The name that people type.")
    participants: Annotated[Whole, Unit("people"), Field(ge=2)] = Field(
        default=50, description="People at the same time, in all rooms."
    )
    participant_mbit: Annotated[Whole, Unit("Mbit/s"), Field(ge=1)] = Field(
        default=MBIT_PER_PARTICIPANT,
        description="What a participant needs: what gateways are held against.",
        json_schema_extra=ADVANCED,
    )
    backbone: Backbone
    local_cidr: Cidr = Field(
        default=IPv4Network("192.168.64.0/24"),
        description="The network of each site's servers towards the Internet, /27 or larger; not the backbone's.",
        json_schema_extra=ADVANCED,
    )
    sites: dict[SiteName, Site] = Field(min_length=2, description="The environment's sites, by name.")
    meeting: MeetingServer
    redis: Redis = Sentinel()
    edge: Edge
    operators: Operators = Operators()
    dns: Dns | None = None
    monitoring: Monitoring | None = None
    recovery_objective: RecoveryObjective = RecoveryObjective()
    roll: Roll = Roll()
    deployed: tuple[SiteName, ...] = Field(
        default=(), description="Sites whose stacks are deployed: with `dns` or `monitoring` the others ask for them."
    )
    expires: Expiry | None = Field(
        default=None,
        description="Of a test environment: from then on `make env-sweep` takes it down.",
        json_schema_extra=ADVANCED,
    )
    protect: Switch | None = Field(
        default=None,
        description="Whether `pulumi destroy`, and what would give up a public address, is refused; none: of kind "
        "`production` it is.",
        json_schema_extra=ADVANCED,
    )

    @model_validator(mode="after")
    def _rules(self) -> "Environment":
        refuse(
            "environment",
            [
                *self._role_rules(),
                *self._block_rules(),
                *self._capacity_rules(),
                *self._redis_rules(),
                *self._operator_rules(),
                *self._expiry_rules(),
                *self._deployed_rules(),
                *self._dns_rules(),
                *monitoring_rules(
                    self.monitoring,
                    witness=self.witness,
                    operators=self.operators.cidrs,
                    meeting=self.meeting,
                    edge=self.edge,
                ),
            ],
        )
        return self

    @property
    def primary(self) -> SiteName:
        """The site that holds the Redis master at first and that new rooms go to."""
        return next(name for name, site in self.sites.items() if site.role == "primary")

    @property
    def service_sites(self) -> tuple[SiteName, ...]:
        """Sites that run the service, the primary first, then by name."""
        names = sorted(name for name, site in self.sites.items() if site.role != "witness")
        return (self.primary, *(name for name in names if name != self.primary))

    @property
    def witness(self) -> SiteName | None:
        """The site that breaks ties, where there is one."""
        return next((name for name, site in self.sites.items() if site.role == "witness"), None)

    @property
    def protected(self) -> bool:
        """Whether the engine refuses to give up what the environment's people cannot do without."""
        return self.kind == "production" if self.protect is None else self.protect

    @property
    def status_page(self) -> StatusPage | None:
        """The page that the edges serve, where there is one."""
        return self.monitoring.status_page if self.monitoring else None

    @property
    def witness_is_public(self) -> bool:
        """Whether the witness has a public address: for the zone's queries, or for what operators push and look at."""
        return self.dns is not None or self.monitoring is not None

    def _role_rules(self) -> list[Refusal]:
        refusals = []
        for role, least, most in (("primary", 1, 1), ("secondary", 1, 1), ("witness", 0, 1)):
            named = [name for name, site in self.sites.items() if site.role == role]
            if not least <= len(named) <= most:
                allowed = f"exactly one site must be {role}" if least else f"at most one site may be {role}"
                refusals.append(Refusal(("sites",), f"{role}: {', '.join(named) or 'none'}", allowed))
        for name, site in self.sites.items():
            nodes, witness = site.meeting_nodes, site.role == "witness"
            if not witness and nodes < 1:
                refusals.append(Refusal(("sites", name, "meeting_nodes"), nodes, "must be 1 or more on a service site"))
            if witness and "meeting_nodes" in site.model_fields_set and nodes:
                refusals.append(Refusal(("sites", name, "meeting_nodes"), nodes, "a witness runs no meeting node"))
        return refusals

    def _block_rules(self) -> list[Refusal]:
        refusals = []
        backbone = self.backbone.cidr
        sites = list(self.sites.items())
        for i, (name, site) in enumerate(sites):
            key = ("sites", name, "block")
            if site.block.prefixlen > addresses.SMALLEST_BLOCK:
                allowed = f"is too small: /{addresses.SMALLEST_BLOCK} or larger holds the address plan"
                refusals.append(Refusal(key, str(site.block), allowed))
            elif site.meeting_nodes > addresses.meeting_places(site.block):
                allowed = f"{site.block} has places for {addresses.meeting_places(site.block)} meeting nodes"
                refusals.append(Refusal(("sites", name, "meeting_nodes"), site.meeting_nodes, allowed))
            if not site.block.subnet_of(backbone):
                refusals.append(Refusal(key, str(site.block), f"must lie inside the backbone's {backbone}"))
            for other_name, other in sites[:i]:
                if site.block.overlaps(other.block):
                    allowed = f"must not overlap {other_name}'s block {other.block}"
                    refusals.append(Refusal(key, str(site.block), allowed))
        if self.local_cidr.overlaps(backbone):
            allowed = f"must not overlap the backbone's {backbone}"
            refusals.append(Refusal(("local_cidr",), str(self.local_cidr), allowed))
        if self.local_cidr.prefixlen > 27:
            refusals.append(Refusal(("local_cidr",), str(self.local_cidr), "is too small: /27 or larger"))
        return refusals

    def _capacity_rules(self) -> list[Refusal]:
        """Each service site must hold everybody: the other one may be lost."""
        refusals = []
        for name, site in self.sites.items():
            room = self.meeting.capacity(site.meeting_nodes)
            if site.role != "witness" and room < self.participants:
                allowed = (
                    f"site {name} holds {room}: {site.meeting_nodes} node(s) of {self.meeting.rtc_ports.count} WebRTC "
                    f"ports, {PORTS_PER_PARTICIPANT} a participant; add nodes or ports"
                )
                refusals.append(Refusal(("participants",), self.participants, allowed))
        return refusals

    def _redis_rules(self) -> list[Refusal]:
        if isinstance(self.redis, Cluster) and self.witness is None:
            allowed = "needs three sites: one of two would hold the majority of the masters; add a witness, or sentinel"
            return [Refusal(("redis", "mode"), self.redis.mode, allowed)]
        return []

    def _operator_rules(self) -> list[Refusal]:
        cidrs = self.operators.cidrs
        key = ("operators", "cidrs")
        refusals = []
        if any(cidr.prefixlen == 0 for cidr in collapse_addresses(cidrs)):
            refusals.append(Refusal(key, ", ".join(map(str, cidrs)), "must not be the whole Internet"))
        elif not self.operators.wide_cidrs:
            allowed = f"is wider than /{WIDEST_OPERATORS}: name your own networks, or set operators.wide_cidrs: true"
            refusals += [Refusal(key, str(c), allowed) for c in cidrs if c.prefixlen < WIDEST_OPERATORS]
        twice = sorted({str(c) for c in cidrs if cidrs.count(c) > 1})
        refusals += [Refusal(key, cidr, "is named twice") for cidr in twice]
        if self.operators.cidrs and self.operators.ssh_public_key is None:
            allowed = "is needed with operators.cidrs: nobody could log in"
            refusals.append(Refusal(("operators", "ssh_public_key"), None, allowed))
        return refusals

    def _deployed_rules(self) -> list[Refusal]:
        allowed = f"must be one of {', '.join(sorted(self.sites))}"
        return [Refusal(("deployed",), site, allowed) for site in self.deployed if site not in self.sites]

    def _dns_rules(self) -> list[Refusal]:
        clear = {"primary", "secondary"} <= {site.role for site in self.sites.values()}
        return dns_rules(
            self.dns,
            domain=self.domain,
            routing=self.edge.routing,
            edges=self.service_sites if clear else (),
            operators=self.operators.cidrs,
        )

    def _expiry_rules(self) -> list[Refusal]:
        if self.expires and self.kind == "production":
            return [Refusal(("expires",), self.expires, "is for kind test alone: production is taken down by nobody")]
        return []
