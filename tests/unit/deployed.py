"""A deployed environment as its stacks' outputs describe it: two service sites and a witness."""

from typing import Any

from fleet.fleet import Fleet, described
from fleet.outputs import StackOutputs

PUBLIC = {
    "gra-edge": "203.0.113.11",
    "gra-meeting": "203.0.113.10",
    "sbg-edge": "203.0.113.21",
    "sbg-meeting": "203.0.113.20",
}
_OFFSETS = {"edge": 4, "redis": 5, "witness": 6, "meeting": 64}
_SITES = {"gra": 0, "sbg": 1, "witness": 2}


def outputs(site: str, *, host_keys: bool = True) -> dict[str, Any]:
    """A stack's outputs, as `pulumi stack output --json` has them."""
    roles = ("witness",) if site == "witness" else ("edge", "redis", "meeting")
    servers = {
        f"production-{site}-{role}-1": {
            "id": f"id-{site}-{role}",
            "role": role,
            "public_address": PUBLIC.get(f"{site}-{role}"),
            "backbone_address": f"10.17.{_SITES[site]}.{_OFFSETS[role]}",
            "host_key": "ssh-ed25519 KEY" if host_keys else None,
        }
        for role in roles
    }
    found = {"environment": "production", "site": site, "region": site.upper(), "servers": servers}
    return found if site == "witness" else {**found, "domain": "meeting.organisation.fr"}


def deployed(*sites: str, host_keys: bool = True) -> Fleet:
    """The fleet of some sites."""
    return described([StackOutputs.model_validate(outputs(site, host_keys=host_keys)) for site in sites])
