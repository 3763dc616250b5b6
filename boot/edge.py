"""The boot document of an edge."""

from boot.caddyfile import ADMIN_SOCKET, caddyfile
from boot.common import common
from boot.document import AptSource, BootDocument, step
from boot.file import File
from boot.unit import SANDBOX, Directives, unit
from settings.addresses import Role
from settings.stack import Settings

_SEED = "/etc/multiparty/edge"
_CADDYFILE = "/etc/caddy/Caddyfile"
_RELOAD = f"/usr/bin/caddy reload --config {_CADDYFILE} --address unix/{ADMIN_SOCKET} --force"


def edge(settings: Settings) -> BootDocument:
    """The boot document of this site's edge."""
    secrets = settings.secrets
    own_certificate = [
        File(f"{_SEED}/{name}", value.get_secret_value(), "0600")
        for name, value in (("edge.pem", secrets.edge_certificate), ("edge.key", secrets.edge_key))
        if value and settings.env.edge.certificate.type == "provided"
    ]
    repository = settings.env.edge.caddy_repository
    sources = (AptSource("caddy", repository.source, repository.key_id, repository.keyserver),) if repository else ()
    own = BootDocument(
        hostname="",
        packages=("caddy",),
        apt_sources=sources,
        files=(
            File(_CADDYFILE, caddyfile(settings)),
            File(f"{_SEED}/fleet.pem", secrets.fleet_certificate.get_secret_value()),
            *own_certificate,
            step("30-edge-tls"),
            unit("caddy.service", unit=_UNIT, service=_SERVICE),
        ),
        units=("caddy.service",),
        checks=(
            "systemctl is-active --quiet caddy",
            "ss --tcp --listening --numeric --no-header sport = :443 | grep -q .",
        ),
        environment={"SEED": _SEED},
    )
    return common(settings, Role.EDGE).adding(own)


_UNIT: Directives = {
    "Description": "Caddy",
    "Wants": "network-online.target",
    "After": "network-online.target",
    "StartLimitIntervalSec": 0,
}
_SERVICE: Directives = {
    "Type": "notify",
    "User": "caddy",
    "Group": "caddy",
    "ExecStart": f"/usr/bin/caddy run --environ --config {_CADDYFILE}",
    "ExecReload": _RELOAD,
    "Environment": "HOME=/var/lib/caddy",
    "RuntimeDirectory": "caddy",
    "StateDirectory": "caddy",
    "Restart": "always",
    "RestartSec": 1,
    "TimeoutStopSec": 10,
    "LimitNOFILE": 1048576,
    **SANDBOX,
    "AmbientCapabilities": "CAP_NET_BIND_SERVICE",
    "CapabilityBoundingSet": "CAP_NET_BIND_SERVICE",
}
