"""HAProxy on an edge: package, unit, and the bundle that holds the room table's configuration."""

from pathlib import PurePosixPath

from boot.document import BootDocument, script
from boot.edge.haproxy_cfg import ADMIN_SOCKET, BOUND_SOCKET, ROOMS_SOCKET, STATE_FILE, STATE_VERSION, haproxy_cfg
from boot.live import HOME, Bundle
from boot.unit import SANDBOX, Directives, daemon, unit
from settings.stack import Settings

_CONFIG = f"{HOME}/haproxy/haproxy.cfg"
# HAProxy warns of a state that is not there.
_STATE = (
    f"[ -e {STATE_FILE} ] || "
    f"{{ mkdir -p {PurePosixPath(STATE_FILE).parent}; echo {STATE_VERSION} >{STATE_FILE}; }} || exit 1\n"
)
_LEARNED = "/usr/local/sbin/haproxy-learned"


def haproxy() -> BootDocument:
    """HAProxy installed, with affinity or without, and started wherever its configuration has arrived."""
    return BootDocument(
        hostname="",
        packages=("haproxy",),
        files=(
            script("edge/haproxy_learned.py", _LEARNED),
            unit("haproxy.service", unit=daemon("HAProxy", config=_CONFIG), service=_SERVICE),
        ),
        units=("haproxy.service",),
    )


def haproxy_bundle(settings: Settings) -> Bundle:
    """The bundle with this site's haproxy.cfg."""
    return Bundle(
        name="haproxy",
        unit="haproxy",
        files={"haproxy.cfg": haproxy_cfg(settings)},
        group="haproxy",
        check=f'{_STATE}haproxy -c -f "$DIR/haproxy.cfg"',
        reload="systemctl reload-or-restart haproxy",
        # Bound under another name and renamed: `ss` would not find it.
        serving=f"systemctl is-active --quiet haproxy && test -S {ROOMS_SOCKET}",
    )


_SERVICE: Directives = {
    "Type": "notify",
    "User": "haproxy",
    "Group": "haproxy",
    # To read the fleet's certificate, and to give Caddy the socket.
    "SupplementaryGroups": "caddy",
    "ExecStart": f"/usr/sbin/haproxy -Ws -f {_CONFIG}",
    "ExecStartPost": f"{_LEARNED} {ADMIN_SOCKET} {BOUND_SOCKET} {ROOMS_SOCKET}",
    "ExecReload": "/usr/bin/kill -USR2 $MAINPID",
    "KillMode": "mixed",
    "SuccessExitStatus": 143,
    "RuntimeDirectory": "haproxy",
    "Restart": "always",
    "RestartSec": 1,
    "TimeoutStopSec": 10,
    "LimitNOFILE": 65536,
    **SANDBOX,
}
