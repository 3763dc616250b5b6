"""The rules that no change may break, checked on the preview of every site."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from fleet.preview.changes import Effect
from fleet.preview.preview import FLOATING_IP, INSTANCE, PORT, ResourceState
from fleet.preview.secrets import settings_in_clear, states_in_clear
from ops.review.exposure import Finding, foreign_groups, open_to_world, unplanned_sources
from ops.review.ports import NOT_KNOWN
from ops.review.site import ReviewedSite
from settings.addresses import Role

_EXTERNAL = "-external"  # the end of a card's name that is on the external network itself


@dataclass(frozen=True)
class Violation:
    """A rule that a change breaks.

    Attributes:
        rule: the rule's name.
        site: whose preview it is.
        resource: what breaks it.
        said: how.
    """

    rule: str
    site: str
    resource: str
    said: str


def violations(sites: Iterable[ReviewedSite]) -> list[Violation]:
    """What the sites' previews break; empty when all rules are kept."""
    return [
        Violation(rule, site.name, resource, said)
        for site in sites
        for rule, check in RULES.items()
        for resource, said in check(site)
    ]


def kept_addresses(site: ReviewedSite) -> Iterator[Finding]:
    """In production no public address is replaced, or goes before its server; each is protected against it."""
    if site.settings.env.kind != "production":
        return
    found = site.changes
    going = {change.name for change in found if change.step.type == INSTANCE and change.effect == Effect.DELETED}
    for change in found:
        state = change.step.before
        if state and _is_public(state):
            if change.effect == Effect.REPLACED:
                yield change.name, "is replaced: DNS and firewalls elsewhere know the address that it has"
            if change.effect == Effect.DELETED and change.name.removesuffix(_EXTERNAL) not in going:
                yield change.name, "is given up, and its server stays"
    for type_ in (FLOATING_IP, PORT):
        for state in site.preview.after(type_):
            if _is_public(state) and not state.protect:
                yield state.name, "is not protected"


def planned_addresses(site: ReviewedSite) -> Iterator[Finding]:
    """On the backbone every server is where its peers expect it."""
    settings = site.settings
    nodes = range(1, settings.here.meeting_nodes + 1)
    places = {role: (1,) for role in settings.roles if role is not Role.MEETING} | {Role.MEETING: tuple(nodes)}
    planned = {
        f"{settings.server_name(role, ordinal)}-backbone": str(settings.backbone_address(role, ordinal))
        for role, ordinals in places.items()
        for ordinal in ordinals
    }
    for port in site.preview.after(PORT):
        if port.name.endswith("-backbone"):
            fixed_ips = port.inputs.get("fixedIps") or []
            found = [
                str(fixed.get("ipAddress")) if isinstance(fixed, dict) else NOT_KNOWN
                for fixed in (fixed_ips if isinstance(fixed_ips, list) else [fixed_ips])
            ]
            if found != [planned.get(port.name)]:
                yield (
                    port.name,
                    f"has {', '.join(found) or 'no address'}, the plan {planned.get(port.name, 'no such card')}",
                )


def encrypted_secrets(site: ReviewedSite) -> Iterator[Finding]:
    """Boot documents, keys and passwords are secrets of Pulumi's: encrypted in the state, hidden in a preview."""
    for key in settings_in_clear(site.preview):
        yield key, "is in the configuration in clear: `make secrets` encrypts it"
    for state in states_in_clear(site.preview):
        yield state.name, "holds a boot document or a private key that is no secret of Pulumi's"


def _is_public(state: ResourceState) -> bool:
    return state.type == FLOATING_IP or (state.type == PORT and state.name.endswith(_EXTERNAL))


RULES: dict[str, Callable[[ReviewedSite], Iterable[Finding]]] = {
    "only web, media and DNS are open to the world": open_to_world,
    "everything else is open to planned servers and operators": unplanned_sources,
    "every network card is in its own security group": foreign_groups,
    "public addresses are kept": kept_addresses,
    "backbone addresses are those of the plan": planned_addresses,
    "secrets are encrypted": encrypted_secrets,
}
