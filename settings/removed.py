"""Settings that are none any more: what they are now, and what to do where one is in use (docs/upgrading.md)."""

from collections.abc import Sequence

from settings.dns import OK_THRESH
from settings.edge import HEALTH_STATUS, PEERS_PORT, ROOMS
from settings.meeting import EXPORTER_PORT, REDIRECT_PORT
from settings.redis import MASTER_NAME

_ALWAYS = "is no setting any more: it is always {}; take it out (docs/upgrading.md)"
# By the end of the key's path.
REMOVED = {
    "meeting.redirect_port": _ALWAYS.format(REDIRECT_PORT),
    "meeting.exporter_port": _ALWAYS.format(EXPORTER_PORT),
    "redis.master_name": _ALWAYS.format(MASTER_NAME),
    "edge.room_table.peers_port": _ALWAYS.format(PEERS_PORT),
    "edge.room_table.size": _ALWAYS.format(f"{ROOMS} rooms"),
    "edge.health.status": _ALWAYS.format(HEALTH_STATUS),
    "dns.check.ok_thresh": _ALWAYS.format(OK_THRESH),
    "edge.caddy_repository": "is no setting any more: it is always Caddy's own; take it out, and where it was null, "
    "say edge.caddy_in_image: true (docs/upgrading.md)",
}


def removed(path: Sequence[str]) -> str:
    """What became of a setting that is none any more; empty for any other key."""
    return next((text for key, text in REMOVED.items() if list(path[2:]) == key.split(".")), "")
