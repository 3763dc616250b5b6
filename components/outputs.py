"""What a stack exports: addresses, URLs, announced addresses, how to log in, which DNS records to set."""

from typing import Any

import pulumi

from components.monitoring import HOLDS, IMAGE_DATE, PUBLIC_MBIT
from components.nameserver import delegation_records
from components.peers import ANNOUNCED
from components.server import Server
from components.site import Site
from recovery.objective import figures
from settings.agreement import agreement
from settings.capacity import SiteSize
from settings.capacity_table import capacity_table
from settings.dns import public_names
from settings.stack import LOGIN


def outputs(site: Site) -> dict[str, Any]:
    """The stack's outputs by name; values are strings, numbers, lists and mappings of them."""
    settings = site.settings
    env = settings.env
    found: dict[str, Any] = {
        "environment": settings.environment,
        "site": settings.site,
        "region": settings.region,
        "gateway": settings.gateway,
        # By these a review sees what would keep the sites apart.
        "agreement": agreement(env),
        # By these `make secrets` sees whether the round before was taken.
        "secrets": pulumi.Output.secret(settings.secrets.fingerprints),
        "servers": {server.hostname: _server(server) for server in site.servers},
        # Times of this form sort as they follow each other.
        IMAGE_DATE: pulumi.Output.all(*(server.image_date for server in site.servers)).apply(min),
    }
    if env.dns:
        found |= {
            "zone": env.dns.zone,
            "zone_names": [f"{label}.{env.dns.zone}" for label in public_names(env.domain, env.service_sites).values()],
            "nameserver_address": site.servers[0].public_address,
            "dns_records": delegation_records(settings, env.dns, site.nameservers),
        }
    if settings.site == env.primary:
        found["recovery"] = figures(env)
    if env.monitoring:
        caps = capacity_table().bandwidth.gateways
        found[PUBLIC_MBIT] = caps[settings.gateway] if settings.public_address == "floating-ip" else None
    if site.edge is None:
        return found
    if env.monitoring:
        found[HOLDS] = SiteSize.of(settings).least.people
    address = site.edge.public_address
    own_record = [_address(env.domain, address)]
    if env.meeting.relay and env.meeting.relay.names:
        # In a DNS of the operator's own, with a zone or without.
        records = pulumi.Output.all(found.get("dns_records", own_record), site.relays)
        found["dns_records"] = records.apply(lambda both: [*both[0], *(_address(n, a) for n, a in both[1].items())])
    return (
        {"dns_records": own_record}
        | found
        | {
            "domain": env.domain,
            "url": f"https://{env.domain}/",
            "edge_address": address,
            ANNOUNCED: {node.hostname: node.public_address for node in site.meeting_nodes},
            "login": _login(site, address) if env.operators.cidrs else "closed: no operators.cidrs",
        }
    )


def _address(name: str, address: pulumi.Input[str | None]) -> dict[str, Any]:
    """A record of the parent zone, to be set by hand."""
    return {"name": f"{name}.", "type": "A", "ttl": 60, "value": address}


def _server(server: Server) -> dict[str, Any]:
    return {
        "id": server.instance.id,
        "role": str(server.role),
        "public_address": server.public_address,
        "backbone_address": str(server.backbone_address),
        "host_key": server.ready.host_key,
    }


def _login(site: Site, edge: pulumi.Output[str | None]) -> dict[str, Any]:
    """The edge from outside, everything else through it; `debian` is the login of Debian's cloud images."""

    def through(server: Server) -> pulumi.Output[str]:
        return edge.apply(lambda address: f"ssh -J {LOGIN}@{address} {LOGIN}@{server.backbone_address}")

    inner = [server for server in site.servers if server is not site.edge]
    return {
        "edge": edge.apply(lambda address: f"ssh {LOGIN}@{address}"),
        **{server.hostname: through(server) for server in inner},
    }
