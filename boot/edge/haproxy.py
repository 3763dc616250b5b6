"""HAProxy on an edge: package, unit, and the bundle that holds the room table's configuration."""

from pathlib import PurePosixPath

from boot.document import BootDocument, script
from boot.edge.haproxy_cfg import (
    ADMIN_SOCKET,
    BOUND_SOCKET,
    MASTER_SOCKET,
    ROOMS_SOCKET,
    STATE_FILE,
    STATE_VERSION,
    TOLD_SOCKET,
    haproxy_cfg,
)
from boot.live import HOME, Bundle
from boot.unit import RESTARTED, SANDBOX, Directives, daemon, unit
from settings.stack import Settings

_CONFIG = f"{HOME}/haproxy/haproxy.cfg"
# HAProxy warns of a state that is not there.
_STATE = (
    f"[ -e {STATE_FILE} ] || "
    f"{{ mkdir -p {PurePosixPath(STATE_FILE).parent}; echo {STATE_VERSION} >{STATE_FILE}; }} || exit 1\n"
)
_WHOLE = "/usr/local/sbin/rooms-whole"
_LEARNED = "/usr/local/sbin/haproxy-learned"


def haproxy() -> BootDocument:
    """HAProxy installed, with affinity or without, and started wherever its configuration has arrived."""
    return BootDocument(
        hostname="",
        packages=("haproxy",),
        files=(
            script("edge/haproxy_learned.py", _LEARNED),
            script("edge/rooms_whole.py", _WHOLE),
            unit("haproxy.service", unit=daemon("HAProxy", config=_CONFIG), service=_SERVICE),
            unit("rooms-whole.service", unit=daemon("Rooms on one instance", config=_CONFIG), service=_WATCH),
        ),
        units=("haproxy.service", "rooms-whole.service"),
    )


def haproxy_bundle(settings: Settings) -> Bundle:
    """The bundle with this site's haproxy.cfg."""
    return Bundle(
        name="haproxy",
        unit="haproxy",
        files={"haproxy.cfg": haproxy_cfg(settings)},
        group="haproxy",
        check=f'{_STATE}haproxy -c -f "$DIR/haproxy.cfg"',
        reload="systemctl reload-or-restart haproxy && systemctl start rooms-whole",
        # Bound under another name and renamed: `ss` would not find it.
        serving=f"systemctl is-active --quiet haproxy && test -S {ROOMS_SOCKET}",
    )


_SERVICE: Directives = {
    "Type": "notify",
    "User": "haproxy",
    "Group": "haproxy",
    # To read the fleet's certificate, and to give Caddy the socket.
    "SupplementaryGroups": "caddy",
    "ExecStart": f"/usr/sbin/haproxy -Ws -S {MASTER_SOCKET} -f {_CONFIG}",
    "ExecStartPost": f"{_LEARNED} {ADMIN_SOCKET} {BOUND_SOCKET} {ROOMS_SOCKET}",
    "ExecReload": f"{_LEARNED} {ADMIN_SOCKET} {BOUND_SOCKET} {ROOMS_SOCKET} $MAINPID",
    "KillMode": "mixed",
    "SuccessExitStatus": 143,
    "RuntimeDirectory": "haproxy",
    **RESTARTED,
    "TimeoutStopSec": 10,
    "LimitNOFILE": 65536,
    **SANDBOX,
}

_WATCH: Directives = {
    "User": "haproxy",
    "Group": "haproxy",
    "ExecStart": f"{_WHOLE} {TOLD_SOCKET} {ADMIN_SOCKET} {MASTER_SOCKET}",
    "RuntimeDirectory": "rooms-whole",
    **RESTARTED,
    **SANDBOX,
}
