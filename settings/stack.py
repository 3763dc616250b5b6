"""A stack: one site of one environment, with the facts of its region and the secrets of the fleet."""

import json
from collections import Counter
from ipaddress import IPv4Address
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from settings.addresses import Role, address
from settings.backbone import VrackBackbone
from settings.delivery import Container
from settings.duration import Between, Duration, milliseconds
from settings.environment import Environment
from settings.environments import apart_rules
from settings.gateway import GatewaySize
from settings.image import Image
from settings.meeting import merge
from settings.regions import region_rules
from settings.secret_rules import meeting_config_rules, secret_rules
from settings.secrets import Secrets
from settings.section import ADVANCED, Refusal, Section, refuse
from settings.sites import Site
from settings.types import (
    Address,
    EnvironmentName,
    FlavorName,
    PublicAddress,
    RegionName,
    ResourceName,
    SiteName,
    Whole,
    ZoneName,
)

# OVH's resolver for Public Cloud instances.
OVH_RESOLVER = IPv4Address("213.186.33.99")
MOST_RESOLVERS = 5  # Neutron's max_dns_nameservers
LOGIN = "debian"  # the login of Debian's cloud images
RESERVED_DOMAINS = ("example.com", "example.net", "example.org", ".example", ".invalid", ".localhost", ".test")


class Settings(Section):
    """Everything the program needs to know to build one site."""

    stack: str
    environments: dict[EnvironmentName, Environment]
    environment: EnvironmentName = Field(description="Which of `environments` this stack belongs to.")
    site: SiteName = Field(description="Which of its `sites` this stack is.")
    region: RegionName = Field(
        description="OpenStack's region: `openstack region list`. Of one that is deployed it does not change: "
        "another region is another site, made anew."
    )
    availability_zones: tuple[ZoneName, ...] = Field(
        default=(),
        description="Where the region has several: the zones that its meeting nodes are spread over, one after the "
        "other; its other servers are in the first one. None: the cloud chooses.",
        json_schema_extra=ADVANCED,
    )
    os_region_name: str | None  # what the environment's OS_REGION_NAME says
    flavors: dict[Role, FlavorName] = Field(
        description="Flavors of the site's servers, by role: `edge`, `meeting` and `redis`, or `witness`; "
        "`openstack flavor list`."
    )
    image: Image
    images: dict[Role, Image] = Field(
        default_factory=dict,
        description="Other images, by role: `edge`, `meeting`, `redis`, `witness`.",
        json_schema_extra=ADVANCED,
    )
    external_network: ResourceName = Field(
        default="Ext-Net", description="The network that public addresses are of.", json_schema_extra=ADVANCED
    )
    public_address: PublicAddress = Field(
        default="floating-ip",
        description="Where public addresses are. `floating-ip`: behind the site's gateway; `external-port`: on the "
        "servers' own network cards.",
    )
    gateway: GatewaySize = Field(
        default="s",
        description="The size of the site's gateway, OVHcloud's QoS policy of its router: s carries 200 Mbit/s, m 500, "
        "l 2000, xl 4000, 2xl 10000.",
    )
    dns_servers: tuple[Address, ...] = Field(
        default=(OVH_RESOLVER,),
        max_length=MOST_RESOLVERS,
        description="Resolvers of the servers.",
        json_schema_extra=ADVANCED,
    )
    ready_deadline: Annotated[Duration, Between("0s", "2h", whole=True, was="s")] = Field(
        default="15m",
        description="How long `pulumi up` waits for a new server; `0s`: it does not wait, and logs in nowhere.",
        json_schema_extra=ADVANCED,
    )
    generation: Whole = Field(
        default=1, ge=1, description="Raising it replaces every server of the stack.", json_schema_extra=ADVANCED
    )
    secrets: Secrets

    @model_validator(mode="after")
    def _rules(self) -> Self:
        refusals = apart_rules(self.environments)
        if self.environment not in self.environments:
            allowed = f"must be one of {', '.join(sorted(self.environments))}"
            refuse("stack", [*refusals, Refusal(("environment",), self.environment, allowed)])
        if self.site not in self.env.sites:
            allowed = f"must be one of {', '.join(sorted(self.env.sites))}"
            refuse("stack", [*refusals, Refusal(("site",), self.site, allowed)])
        refusals += [*self._region_rules(), *self._placeholder_rules(), *self._server_rules()]
        refusals += secret_rules(self.secrets, self.env, stack=self.stack, site=self.site)
        refusals += [*self._push_rules(), *meeting_config_rules(self._meeting_config)]
        refuse("stack", refusals)
        return self

    @property
    def env(self) -> Environment:
        """The environment this stack belongs to."""
        return self.environments[self.environment]

    @property
    def here(self) -> Site:
        """This stack's site, as the environment describes it."""
        return self.env.sites[self.site]

    @property
    def waits(self) -> bool:
        """Whether `pulumi up` waits until a new server is ready."""
        return milliseconds(self.ready_deadline) > 0

    @property
    def pushes(self) -> bool:
        """Whether `pulumi up` logs in to servers: operators may, and it waits for the host keys to verify."""
        return bool(self.env.operators.cidrs) and self.waits

    @property
    def roles(self) -> tuple[Role, ...]:
        """The roles that this site has servers of."""
        return (Role.WITNESS,) if self.here.role == "witness" else (Role.EDGE, Role.MEETING, Role.REDIS)

    def peer_stack(self, site: SiteName) -> str:
        """The name of another site's stack, which differs from this one's in the site's name at its end."""
        return f"{self.stack.removesuffix(self.site)}{site}"

    def server_name(self, role: Role, ordinal: int = 1, site: SiteName | None = None) -> str:
        """A server's host name: environment, site, role and number; at most 43 characters."""
        return f"{self.environment}-{site or self.site}-{role}-{ordinal}"

    def backbone_address(self, role: Role, ordinal: int = 1, site: SiteName | None = None) -> IPv4Address:
        """A server's planned backbone address."""
        return address(self.env.sites[site or self.site].block, role, ordinal)

    @property
    def redis_addresses(self) -> dict[SiteName, IPv4Address]:
        """The backbone addresses of the environment's Redis servers by site: the primary's first, the witness' last."""
        found = {site: self.backbone_address(Role.REDIS, site=site) for site in self.env.service_sites}
        if self.env.witness:
            found[self.env.witness] = self.backbone_address(Role.WITNESS, site=self.env.witness)
        return found

    @property
    def meeting_config(self) -> dict[str, Any]:
        """What the operator adds to config.js, secrets and all."""
        return merge(self.env.meeting.config, json.loads(self._meeting_config))

    @property
    def _meeting_config(self) -> str:
        given = self.secrets.meeting_config
        return given.get_secret_value() if given else "{}"

    def zone_of(self, role: Role, ordinal: int = 1) -> str | None:
        """The availability zone of a server; none: the cloud's choice.

        What a site has one of stands together in the first zone: the loss of another one takes some of its meeting
        nodes, and nothing else.
        """
        zones = self.availability_zones
        return zones[(ordinal - 1) % len(zones) if role is Role.MEETING else 0] if zones else None

    def image_of(self, role: Role) -> Image:
        """The image that servers of a role boot."""
        return self.images.get(role, self.image)

    def _region_rules(self) -> list[Refusal]:
        refusals = region_rules(self.region, ovh=isinstance(self.env.backbone, VrackBackbone))
        if self.os_region_name not in (None, "", self.region):
            allowed = f"the environment's OS_REGION_NAME is {self.os_region_name}: unset it, or make it {self.region}"
            refusals.append(Refusal(("region",), self.region, allowed))
        for key in ("availability_zones", "dns_servers"):
            counted = Counter(map(str, getattr(self, key)))
            refusals += [Refusal((key,), one, "stands there twice") for one, count in counted.items() if count > 1]
        return refusals

    def _placeholder_rules(self) -> list[Refusal]:
        """What the shipped Pulumi.yaml leaves to the operator."""
        key = ("environments", self.environment)
        refusals = []
        delivery = self.env.meeting.delivery
        if isinstance(delivery, Container) and delivery.image.endswith("0" * 64):
            allowed = "is a placeholder: name your image by its digest"
            refusals.append(Refusal((*key, "meeting", "delivery", "image"), delivery.image, allowed))
        certificate = self.env.edge.certificate
        public = certificate.type == "acme" and not certificate.trusted_roots
        if public and self.env.domain.endswith(RESERVED_DOMAINS):
            allowed = "is reserved for documentation (RFC 2606), no authority certifies it: take a domain of yours"
            refusals.append(Refusal((*key, "domain"), self.env.domain, allowed))
        return refusals

    def _push_rules(self) -> list[Refusal]:
        """What pushing the zone, or monitoring, needs of a stack: peers that can be found by name, and a login."""
        cause, pushed = ("dns", "the zone") if self.env.dns else ("monitoring", "its configuration")
        if self.env.dns is None and self.env.monitoring is None:
            return []
        refusals = []
        if not self.stack.endswith(self.site):
            allowed = f"must end with the site's name, {self.site}, with {cause}: its peers' names are made of it"
            refusals.append(Refusal(("stack",), self.stack, allowed))
        if not self.waits:
            allowed = f"must be above 0 with {cause}: {pushed} is pushed once a server has said its host key"
            refusals.append(Refusal(("ready_deadline",), self.ready_deadline, allowed))
        return refusals

    def _server_rules(self) -> list[Refusal]:
        refusals = [
            Refusal(("flavors", role), None, f"is needed: site {self.site} has servers of role {role}")
            for role in self.roles
            if role not in self.flavors
        ]
        for role in self.roles:
            if self.image_of(role).id is None:
                key = ("images", role, "id") if role in self.images else ("image", "id")
                refusals.append(Refusal(key, None, f"is needed: `make images STACK={self.stack}` looks it up"))
        return list(dict.fromkeys(refusals))
