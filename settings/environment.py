"""An environment: what its sites share, written once in Pulumi.yaml."""

from ipaddress import IPv4Network
from typing import Annotated, Literal

from pydantic import Field, model_validator

from settings.backbone import Backbone
from settings.capacity_table import capacity_table
from settings.dns import Dns, dns_rules
from settings.edge import Edge
from settings.meeting import MeetingServer
from settings.monitoring import Monitoring, monitoring_rules
from settings.operators import Operators, operator_rules
from settings.recovery_objective import RecoveryObjective
from settings.redis import Cluster, Redis, Sentinel
from settings.roll import Roll
from settings.section import ADVANCED, Refusal, Section, refuse
from settings.servers import redis_client_rules
from settings.sites import Site, site_rules
from settings.status_page import StatusPage
from settings.types import Cidr, Expiry, Fqdn, SiteName, Switch, Unit, Whole


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
                *site_rules(self.sites, backbone=self.backbone.cidr, local=self.local_cidr),
                *self._redis_rules(),
                *operator_rules(self.operators),
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
