"""Which ports a change opens and closes, and to whom."""

from dataclasses import dataclass

from fleet.preview.preview import RULE, UNKNOWN, ResourceState, name_of
from ops.review.site import ReviewedSite

WORLD = ("0.0.0.0/0", "::/0")
NOT_KNOWN = "not known yet"


@dataclass(frozen=True, order=True)
class Opening:
    """Packets that may come in.

    Attributes:
        card: the security group, by role and network card as in "edge public"; whatever it is called otherwise.
        protocol: tcp, udp, ...; "any" for all.
        first: the first port; 0 for all.
        last: the last port; 65535 for all.
        source: a CIDR, or the name of a group.
        known: whether the ports are; those that are made by the change itself count as all.
    """

    card: str
    protocol: str
    first: int
    last: int
    source: str
    known: bool = True

    @property
    def to_world(self) -> bool:
        """Whether everybody may send them; a source that is not known yet may be everybody."""
        return self.source in WORLD or self.source == NOT_KNOWN

    @property
    def ports(self) -> str:
        """The ports in words."""
        if not self.known:
            return f"port {NOT_KNOWN}"
        if (self.first, self.last) == (0, 65535):
            return "all ports"
        return str(self.first) if self.first == self.last else f"{self.first}-{self.last}"


@dataclass(frozen=True)
class PortChanges:
    """What opens and what closes."""

    opened: tuple[Opening, ...]
    closed: tuple[Opening, ...]


def port_changes(site: ReviewedSite) -> PortChanges:
    """What a change opens and closes at one site; a rule that only has another name does neither."""
    before = {opening(site, rule) for rule in site.preview.before(RULE) if is_ingress(rule)}
    after = {opening(site, rule) for rule in site.preview.after(RULE) if is_ingress(rule)}
    return PortChanges(tuple(sorted(after - before)), tuple(sorted(before - after)))


def is_ingress(rule: ResourceState) -> bool:
    """Whether a rule lets packets in; the others let them out."""
    return rule.inputs.get("direction") != "egress"


def opening(site: ReviewedSite, rule: ResourceState) -> Opening:
    """What a rule opens. A rule without a source is for everybody, one without ports for all."""
    inputs = rule.inputs
    source = inputs.get("remoteIpPrefix")
    if not source:
        group = inputs.get("remoteGroupId") or inputs.get("remoteAddressGroupId")
        source = f"group {group}" if group else WORLD[0]
    ports = [inputs.get(key) or every for key, every in (("portRangeMin", 0), ("portRangeMax", 65535))]
    known = all(str(port).isdecimal() for port in ports)
    first, last = map(int, ports) if known else (0, 65535)
    return Opening(
        card=card(site, rule, "securityGroupId"),
        protocol=_word(inputs.get("protocol") or "any"),
        first=first,
        last=last,
        source=_word(source),
        known=known,
    )


def card(site: ReviewedSite, state: ResourceState, key: str) -> str:
    """The security group that a property names: "edge public" for one of the program's, else its name or id."""
    urns = state.property_dependencies.get(key) or []
    if len(urns) != 1:
        return _word(state.inputs.get(key))
    name = name_of(urns[0])
    return name.removeprefix(site.prefix).replace("-", " ") if name.startswith(site.prefix) else name


def _word(value: object) -> str:
    """A property as text; one that the change itself makes is not known before."""
    return NOT_KNOWN if UNKNOWN in str(value) else str(value)
