"""The boot document of an edge, and the configuration of its daemons."""

from boot.common import common
from boot.document import BootDocument
from boot.edge.caddy import caddy, caddy_bundle
from boot.edge.gdnsd import gdnsd
from boot.edge.haproxy import haproxy, haproxy_bundle
from boot.edge.tls import tls
from boot.live import Bundle, delivered, receiver
from boot.monitoring.status_page import copy_bundle
from settings.addresses import Role
from settings.stack import Settings


def edge(settings: Settings) -> BootDocument:
    """The boot document of this site's edge: its daemons' configuration is in it only where it cannot be pushed."""
    document = common(settings, Role.EDGE).adding(receiver()).adding(haproxy()).adding(caddy(settings))
    if not settings.pushes:
        return document.adding(delivered(edge_bundles(settings)))
    # A zone is always pushed: elsewhere its daemon would wait for ever.
    return document.adding(gdnsd(settings, Role.EDGE))


def edge_bundles(settings: Settings) -> tuple[Bundle, ...]:
    """The configuration of the edge's daemons, in the order in which they take it."""
    rooms = (haproxy_bundle(settings),) if settings.env.edge.affinity else ()
    copy = (copy_bundle(settings),) if settings.env.status_page else ()
    return (tls(settings), *rooms, caddy_bundle(settings), *copy)
