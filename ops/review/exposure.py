"""The invariants of the table of rules, held against the rules that a change would really make.

They do not ask `settings.rules`, which a change may change: what may be open is said here once more, in fewer words.
"""

import re
from collections.abc import Iterator
from ipaddress import IPv4Network

from fleet.preview.preview import PORT, RULE, ResourceState
from ops.review.ports import Opening, card, is_ingress, opening
from ops.review.site import ReviewedSite
from settings.addresses import Role, meeting_range

# A card's name after environment and site: the server's role and number, and the network that the card is on.
_CARD = re.compile(r"(?P<role>[a-z]+)-\d+-(?P<network>local|external|backbone)")

Finding = tuple[str, str]  # a resource's name, and what is wrong with it


def open_to_world(site: ReviewedSite) -> Iterator[Finding]:
    """To everybody are open: web and media, with a delegated zone DNS; each on the public card of its servers."""
    for rule, found in _openings(site):
        if found.to_world and not _may_be_open(site, found):
            yield rule.name, f"opens {found.protocol} {found.ports} of {found.card} to the world"


def unplanned_sources(site: ReviewedSite) -> Iterator[Finding]:
    """On the backbone servers hear planned servers alone, elsewhere the operators' networks alone; 22 goes two steps.

    A login leads from the operators to an edge or a nameserver, and from an edge on.
    """
    operators = {str(cidr) for cidr in site.settings.env.operators.cidrs}
    planned = _planned(site)
    edges = {source for source, role in planned.items() if role is Role.EDGE}
    for rule, found in _openings(site):
        inside = found.card.endswith(" backbone")
        login = found.first <= 22 <= found.last
        allowed = (edges if login else planned.keys()) if inside else operators
        if not found.to_world and found.source not in allowed:
            yield rule.name, f"opens {found.protocol} {found.ports} of {found.card} to {found.source}"


def foreign_groups(site: ReviewedSite) -> Iterator[Finding]:
    """Every network card has the group of its role and network, and no other; OVH's default group is open both ways."""
    for port in site.preview.after(PORT):
        place = _CARD.fullmatch(port.name.removeprefix(site.prefix))
        if place is None:
            yield port.name, "is the card of no server of the plan"
            continue
        own = f"{place['role']} {'backbone' if place['network'] == 'backbone' else 'public'}"
        groups = port.inputs.get("securityGroupIds") or []
        if len(groups) != 1 or card(site, port, "securityGroupIds") != own:
            yield port.name, f"is not in the security group of {own} alone"
        if port.inputs.get("noSecurityGroups") or port.inputs.get("portSecurityEnabled") is False:
            yield port.name, "has its security groups switched off"


def _openings(site: ReviewedSite) -> Iterator[tuple[ResourceState, Opening]]:
    return ((rule, opening(site, rule)) for rule in site.preview.after(RULE) if is_ingress(rule))


def _may_be_open(site: ReviewedSite, found: Opening) -> bool:
    env = site.settings.env
    rtc = env.meeting.rtc_ports
    allowed = {
        ("edge public", "tcp", 80, 80),
        ("edge public", "tcp", 443, 443),
        ("edge public", "udp", 443, 443),
        ("meeting public", "tcp", rtc.min, rtc.max),
        ("meeting public", "udp", rtc.min, rtc.max),
    }
    if relay := env.meeting.relay:
        allowed |= {("meeting public", "tcp", 443, 443), ("meeting public", "udp", 3478, 3478)}
        allowed |= {("meeting public", "tcp", 80, 80)} if relay.certificate == "acme" else set()
    if env.dns:
        allowed |= {(f"{role} public", protocol, 53, 53) for role in ("edge", "witness") for protocol in ("tcp", "udp")}
    return (found.card, found.protocol, found.first, found.last) in allowed


def _planned(site: ReviewedSite) -> dict[str, Role]:
    """The sources that the address plan knows: single servers, and each site's range of meeting nodes."""
    settings = site.settings
    found = {}
    for name, described in settings.env.sites.items():
        for role in (Role.EDGE, Role.REDIS, Role.WITNESS):
            found[str(IPv4Network(settings.backbone_address(role, site=name)))] = role
        found[str(meeting_range(described.block))] = Role.MEETING
    return found
