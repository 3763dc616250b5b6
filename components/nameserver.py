"""The site's nameserver, on its edge or the witness: its zone, pushed with the addresses of all deployed sites."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from ipaddress import IPv4Address

import pulumi

from boot.edge.gdnsd import gdnsd_bundle
from boot.edge.nameservers import Nameservers
from boot.edge.zone import delegation
from components.push import push_text
from components.server import Server
from settings.dns import Dns
from settings.stack import Settings
from settings.types import SiteName

Addresses = Mapping[SiteName, pulumi.Output[str]]


def push_zone(
    server: Server,
    dns: Dns,
    addresses: Addresses,
    relays: pulumi.Output[dict[str, str]],
    after: Sequence[pulumi.Resource],
) -> pulumi.Resource:
    """Have a server answer for the zone, once its other daemons' configuration is there.

    Args:
        server: the nameserver.
        dns: the environment's zone.
        addresses: the nameservers' public addresses, by site.
        relays: the meeting nodes', by the name of the node's TURN server.
        after: what is pushed to the server before.
    """
    settings = server.settings

    def text(known: dict[SiteName, str], card: str, turn: dict[str, str]) -> str:
        nameservers = _nameservers(settings, known)
        named = replace(nameservers, relays={name: IPv4Address(turn[name]) for name in sorted(turn)})
        return gdnsd_bundle(settings, dns, server.role, named, IPv4Address(card)).text()

    parts = pulumi.Output.all(pulumi.Output.all(**addresses), server.card_address, relays)
    whole = parts.apply(lambda known: text(*known))
    return push_text(server, "gdnsd", whole, after)


def delegation_records(settings: Settings, dns: Dns, addresses: Addresses) -> pulumi.Output[list[dict[str, str | int]]]:
    """The records of the parent zone, as far as addresses are known; without any there is nothing to delegate to."""
    if not addresses:
        return pulumi.Output.from_input([])
    return pulumi.Output.all(**addresses).apply(
        lambda known: [record._asdict() for record in delegation(settings.env, dns, _nameservers(settings, known).all)]
    )


def _nameservers(settings: Settings, known: Mapping[SiteName, str]) -> Nameservers:
    env = settings.env
    return Nameservers(
        edges={site: IPv4Address(known[site]) for site in env.service_sites if site in known},
        witness={site: IPv4Address(known[site]) for site in (env.witness,) if site and site in known},
    )
