"""An environment: what its sites share, written once in Pulumi.yaml."""

from ipaddress import IPv4Network
from typing import Annotated, Literal

from pydantic import Field, model_validator

from settings.backbone import Backbone
from settings.capacity_table import capacity_table
from settings.dns import Dns, dns_rules
from settings.edge import Edge
from settings.meeting import EXPORTER_PORT, LOAD_PORT, REDIRECT_PORT, MeetingServer
from settings.monitoring import NODE_PORT, Monitoring, monitoring_rules
from settings.operators import Operators, operator_rules
from settings.recovery_objective import RecoveryObjective
from settings.redis import Cluster, Redis, Sentinel
from settings.relay import relay_name, relay_rules
from settings.roll import Roll
from settings.section import ADVANCED, Refusal, Section, refuse
from settings.servers import redis_client_rules
from settings.sites import Site, site_rules
from settings.spare_networks import SpareNetworks
from settings.status_page import StatusPage
from settings.types import Expiry, Fqdn, PlannedCidr, SiteName, Switch, Unit, Whole

LOCAL_CIDR = IPv4Network("192.168.64.0/22")


class Environment(Section):
    """Facts that all sites of an environment share."""

    kind: Literal["production", "test"] = Field(
        description="`production` keeps its public addresses and is not destroyed; a `test` environment may expire."
    )
    domain: Fqdn = Field(description="The name that people type.")
    participants: Annotated[Whole, Unit("people"), Field(ge=2)] = Field(
        default=50,
        description="People at the same time, in all rooms; the preview warns where a site alone does not hold them.",
    )
    participant_mbit: Annotated[Whole, Unit("Mbit/s"), Field(ge=1)] = Field(
        default=capacity_table().participant_mbit,
        description="What a participant needs: what gateways and flavors are held against.",
        json_schema_extra=ADVANCED,
    )
    backbone: Backbone
    local_cidr: PlannedCidr = Field(
        default=LOCAL_CIDR,
        description="What the sites' networks towards the Internet are cut from, a quarter each; /25 or larger, not "
        "the backbone's, and in a vRack nobody else's. A site that is deployed keeps its own.",
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
    updates: Literal["staggered", "images"] = Field(
        default="staggered",
        description="Where security updates come from. `staggered`: each server installs Debian's, on days of its "
        "site's own; `images`: from a newer image and `make roll` alone.",
        json_schema_extra=ADVANCED,
    )
    deployed: tuple[SiteName, ...] = Field(
        default=(), description="Sites whose stacks are deployed: with `dns` or `monitoring` the others ask for them."
    )
    test_environments: SpareNetworks = SpareNetworks()
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
                *site_rules(self.sites, backbone=self.backbone.cidr, local=self.local_cidr),
                *self._redis_rules(),
                *operator_rules(self.operators),
                *self._expiry_rules(),
                *self._deployed_rules(),
                *self._dns_rules(),
                *self._relay_rules(),
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

    def local_network(self, site: SiteName) -> IPv4Network:
        """A site's network towards the Internet: OVH's local networks share the vRack, on VLANs that nobody plans."""
        place = ("primary", "secondary", "witness").index(self.sites[site].role)
        return list(self.local_cidr.subnets(prefixlen_diff=2))[place]

    @property
    def local_networks(self) -> list[IPv4Network]:
        """All sites' networks towards the Internet."""
        return [self.local_network(site) for site in self.sites]

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

    def relay_names(self, site: SiteName) -> tuple[Fqdn, ...]:
        """The names of a site's TURN servers, in the order of its meeting nodes; none without `meeting.relay`."""
        relay, described = self.meeting.relay, self.sites[site]
        if relay is None or described.role == "witness":
            return ()
        return tuple(relay_name(relay, self.dns, site, ordinal) for ordinal in range(1, described.meeting_nodes + 1))

    def _relay_rules(self) -> list[Refusal]:
        rtc = self.meeting.rtc_ports
        taken = {"media": (rtc.min, rtc.max)}
        ports = {"the server": self.meeting.listening_port, "the server's redirect": REDIRECT_PORT}
        ports |= {"the server's exporter": EXPORTER_PORT, "the node's load": LOAD_PORT, "node_exporter": NODE_PORT}
        return relay_rules(
            self.meeting.relay,
            domain=self.domain,
            nodes={name: site.meeting_nodes for name, site in self.sites.items() if site.role != "witness"},
            dns=self.dns,
            edge=self.edge,
            taken=taken | {what: (port, port) for what, port in ports.items()},
        )

    def _redis_rules(self) -> list[Refusal]:
        if isinstance(self.redis, Cluster) and self.witness is None:
            allowed = "needs three sites: one of two would hold the majority of the masters; add a witness, or sentinel"
            return [Refusal(("redis", "mode"), self.redis.mode, allowed)]
        return redis_client_rules(self.meeting.server, self.redis)

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


def relay_line(env: Environment) -> str:
    """Whether there are relays, in words, for the preview."""
    names = [name for site in env.service_sites for name in env.relay_names(site)]
    if names:
        return f"relay: TURN at 443 of {', '.join(names)}"
    if env.meeting.turn:
        return "relay: off; people are told of the TURN servers at meeting.turn"
    return (
        "relay: off; whose network lets nothing out but 443 sees the page and hears nobody: set meeting.relay, which "
        "needs names for the meeting nodes, of dns or of your own (docs/settings.md)"
    )
