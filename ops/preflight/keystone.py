"""Who we are to the cloud: credentials, project, roles, and which regions the project has."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fleet.bounded import NoAnswer
from fleet.cloud import Connection
from ops.preflight.line import Line, good, lacks, unknown
from settings.stack import Settings

_CREDENTIALS = "credentials"
_OPENRC = "source openrc.sh, of a user of the project (control panel, Users & Roles)"
# Any of these may do all that the stacks need; or all of OVHcloud's smaller ones together.
_WHOLE = {"admin", "administrator", "member", "_member_"}
_PARTS = {"compute_operator", "network_operator", "network_security_operator", "image_operator"}
_READING = {"reader", "infrastructure_supervisor", "auditor"}
SERVICES = ("compute", "network", "image")


@dataclass(frozen=True)
class Access:
    """What Keystone says of our token."""

    project: str | None
    roles: frozenset[str]
    regions: dict[str, frozenset[str]]


def access(connection: Connection) -> Access:
    """Ask Keystone for a token."""
    found = connection.session.auth.get_access(connection.session)
    regions: dict[str, set[str]] = {}
    for service in found.service_catalog.catalog or ():
        for endpoint in service.get("endpoints", ()):
            regions.setdefault(endpoint["region"], set()).add(service["type"])
    known = {name: frozenset(services) for name, services in regions.items()}
    return Access(found.project_id, frozenset(found.role_names), known)


def refused(answer: NoAnswer) -> Line:
    """Why there is no token."""
    why = answer.why
    if "no credentials" in why:
        return lacks(_CREDENTIALS, why, _OPENRC)
    if "HTTP 401" in why:
        return lacks(
            _CREDENTIALS, "Keystone refuses the user or the password", "source openrc.sh anew, or make the user anew"
        )
    return lacks(
        _CREDENTIALS, f"no token from {os.environ.get('OS_AUTH_URL')}: {why}", "look at OS_AUTH_URL, then again later"
    )


def project(found: Access) -> Iterator[Line]:
    """Whether the token is for a project, and lets us make things."""
    if not found.project:
        yield lacks(_CREDENTIALS, "the token is for no project", "set OS_PROJECT_ID (openrc.sh has it)")
        return
    roles = {role.lower().replace(" ", "_").replace("-", "_") for role in found.roles}
    shown = ", ".join(sorted(found.roles)) or "none"
    if roles & _WHOLE or roles >= _PARTS:
        yield good(_CREDENTIALS, f"roles {shown}")
    elif roles <= _READING:
        yield lacks(
            _CREDENTIALS,
            f"the user may only read (roles: {shown})",
            "give it Administrator (control panel, Users & Roles)",
        )
    elif roles & _PARTS:
        missing = ", ".join(sorted(_PARTS - roles))
        yield lacks(
            _CREDENTIALS,
            f"of the roles that the stacks need the user lacks {missing}",
            "give it those, or Administrator",
        )
    else:
        yield unknown(_CREDENTIALS, f"whether roles {shown} may make servers and networks", "ask who gave them")


def regions(found: Access, stacks: Sequence[Settings]) -> Iterator[Line]:
    """Regions that the project has not, and OS_REGION_NAME, which the provider would take in their place."""
    named = os.environ.get("OS_REGION_NAME")
    if named and any(one.region != named for one in stacks):
        yield lacks(_CREDENTIALS, f"OS_REGION_NAME is {named}, and each stack names its own", "unset OS_REGION_NAME")
    for one in stacks:
        services = found.regions.get(one.region, frozenset())
        if found.project and not services:
            there = ", ".join(sorted(found.regions)) or "none"
            what = f"region = {one.region}: the project has no such region"
            yield lacks(f"stack {one.stack}", what, f"activate it (control panel), or take one of {there}")
        elif found.project and (missing := [service for service in SERVICES if service not in services]):
            what = f"region = {one.region}: has no {' and no '.join(missing)} service"
            yield lacks(f"stack {one.stack}", what, "take a region of servers and networks")
