"""Caddy on an edge: package, unit, and the bundle that holds its Caddyfile."""

from boot.document import AptSource, BootDocument
from boot.edge.caddyfile import ADMIN_SOCKET, caddyfile
from boot.live import HOME, Bundle
from boot.unit import RESTARTED, SANDBOX, Directives, daemon, unit
from settings.stack import Settings

# The Debian repository that has a Caddy new enough (2.11; Debian 12 has 2.6), and the key that signs it: "Caddy Web
# Server <contact@caddyserver.com>".
_REPOSITORY = AptSource(
    "caddy",
    "https://dl.cloudsmith.io/public/caddy/stable/deb/debian any-version main",
    "65760C51EDEA2017CEA2CA15155B6D79CA56EA34",
    "keyserver.ubuntu.com",
)
_CADDYFILE = f"{HOME}/caddy/Caddyfile"
_HOME = "/var/lib/caddy"
_LISTENING = "ss --tcp --listening --numeric --no-header sport = :443 | grep -q ."
_RELOAD = f"/usr/bin/caddy reload --config {_CADDYFILE} --address unix/{ADMIN_SOCKET} --force"


def caddy(settings: Settings) -> BootDocument:
    """Caddy installed, and started wherever its configuration has arrived."""
    return BootDocument(
        hostname="",
        packages=("caddy",),
        apt_sources=() if settings.env.edge.caddy_in_image else (_REPOSITORY,),
        files=(unit("caddy.service", unit=daemon("Caddy", config=_CADDYFILE), service=_SERVICE),),
        units=("caddy.service",),
    )


def caddy_bundle(settings: Settings) -> Bundle:
    """The bundle with this site's Caddyfile."""
    return Bundle(
        name="caddy",
        unit="caddy",
        files={"Caddyfile": caddyfile(settings)},
        group="caddy",
        # As Caddy's own user: what it provisions for the check lands in Caddy's storage.
        check=f'runuser -u caddy -- env HOME={_HOME} caddy validate --adapter caddyfile --config "$DIR/Caddyfile"',
        reload="systemctl reload-or-restart caddy",
        serving=f"systemctl is-active --quiet caddy && {_LISTENING}",
    )


_SERVICE: Directives = {
    "Type": "notify",
    "User": "caddy",
    "Group": "caddy",
    "ExecStart": f"/usr/bin/caddy run --environ --config {_CADDYFILE}",
    "ExecReload": _RELOAD,
    "Environment": f"HOME={_HOME}",
    "RuntimeDirectory": "caddy",
    "StateDirectory": "caddy",
    **RESTARTED,
    "TimeoutStopSec": 10,
    "LimitNOFILE": 1048576,
    **SANDBOX,
    "AmbientCapabilities": "CAP_NET_BIND_SERVICE",
    "CapabilityBoundingSet": "CAP_NET_BIND_SERVICE",
}
