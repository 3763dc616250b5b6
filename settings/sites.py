"""The sites of an environment: their roles and their places on the backbone."""

from collections.abc import Mapping
from ipaddress import IPv4Network
from typing import Annotated

from pydantic import Field

from settings import addresses
from settings.section import Refusal, Section
from settings.types import Cidr, SiteName, SiteRole, Unit, Whole


class Site(Section):
    """What every other site must know of a site."""

    role: SiteRole = Field(
        description="`primary` and `secondary` run the service, one each; a `witness` breaks ties in a third region."
    )
    block: Cidr = Field(description="The site's part of the backbone's network, /26 or larger; no two overlap.")
    meeting_nodes: Annotated[Whole, Unit("servers"), Field(ge=0)] = Field(
        default=1, description="Servers of the meeting server; each service site alone must hold everybody."
    )


Sites = Mapping[SiteName, Site]


def site_rules(sites: Sites, *, backbone: IPv4Network, local: IPv4Network) -> list[Refusal]:
    """What is wrong with an environment's sites.

    Args:
        sites: by name.
        backbone: the network that their blocks lie in.
        local: the network of each site's servers towards the Internet.
    """
    return [*_role_rules(sites), *_block_rules(sites, backbone, local)]


def _role_rules(sites: Sites) -> list[Refusal]:
    refusals = []
    for role, least, most in (("primary", 1, 1), ("secondary", 1, 1), ("witness", 0, 1)):
        named = [name for name, site in sites.items() if site.role == role]
        if not least <= len(named) <= most:
            allowed = f"exactly one site must be {role}" if least else f"at most one site may be {role}"
            refusals.append(Refusal(("sites",), f"{role}: {', '.join(named) or 'none'}", allowed))
    for name, site in sites.items():
        nodes, witness = site.meeting_nodes, site.role == "witness"
        if not witness and nodes < 1:
            refusals.append(Refusal(("sites", name, "meeting_nodes"), nodes, "must be 1 or more on a service site"))
        if witness and "meeting_nodes" in site.model_fields_set and nodes:
            refusals.append(Refusal(("sites", name, "meeting_nodes"), nodes, "a witness runs no meeting node"))
    return refusals


def _block_rules(sites: Sites, backbone: IPv4Network, local: IPv4Network) -> list[Refusal]:
    refusals = []
    for i, (name, site) in enumerate(sites.items()):
        key = ("sites", name, "block")
        if site.block.prefixlen > addresses.SMALLEST_BLOCK:
            allowed = f"is too small: /{addresses.SMALLEST_BLOCK} or larger holds the address plan"
            refusals.append(Refusal(key, str(site.block), allowed))
        elif site.meeting_nodes > addresses.meeting_places(site.block):
            allowed = f"{site.block} has places for {addresses.meeting_places(site.block)} meeting nodes"
            refusals.append(Refusal(("sites", name, "meeting_nodes"), site.meeting_nodes, allowed))
        if not site.block.subnet_of(backbone):
            refusals.append(Refusal(key, str(site.block), f"must lie inside the backbone's {backbone}"))
        for other_name, other in list(sites.items())[:i]:
            if site.block.overlaps(other.block):
                allowed = f"must not overlap {other_name}'s block {other.block}"
                refusals.append(Refusal(key, str(site.block), allowed))
    if local.overlaps(backbone):
        allowed = f"must not overlap the backbone's {backbone}"
        refusals.append(Refusal(("local_cidr",), str(local), allowed))
    if local.prefixlen > 27:
        refusals.append(Refusal(("local_cidr",), str(local), "is too small: /27 or larger"))
    return refusals
