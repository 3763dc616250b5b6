"""Caddy on an edge: package, unit, and the bundle that holds its Caddyfile."""

from importlib.resources import files

from boot.document import BootDocument, step
from boot.edge.caddyfile import ADMIN_SOCKET, caddyfile, served_names
from boot.edge.clients_nft import clients_nft
from boot.edge.storage import take_over
from boot.file import File
from boot.live import HOME, Bundle
from boot.unit import RESTARTED, SANDBOX, Directives, daemon, unit
from settings.edge import Acme
from settings.stack import Settings

# What the Caddyfile needs; Debian 12 has 2.6. The same everywhere: two edges that are made at different times must
# not differ, and nobody wants to meet a new release in an emergency.
NEEDED = "2.11"
# Caddy's own repository for Debian. Its key stands here: a key server that is away must keep no site from coming back.
# "Caddy Web Server <contact@caddyserver.com>", 65760C51EDEA2017CEA2CA15155B6D79CA56EA34, as Debian's package
# extrepo-offline-data 1.0.7 has it: the signature over its signing key is of 2025-12-15, and has no end.
_REPOSITORY = "https://dl.cloudsmith.io/public/caddy/stable/deb/debian"
_KEY = "/etc/apt/keyrings/caddy.asc"
_CADDYFILE = f"{HOME}/caddy/Caddyfile"
_HOME = "/var/lib/caddy"
_TAKE_OVER = "take-over.sh"
_SCRIPT = f"{HOME}/caddy/{_TAKE_OVER}"
_LIMIT = f"/usr/sbin/nft --file {HOME}/caddy/clients.nft"
_LISTENING = "ss --tcp --listening --numeric --no-header sport = :443 | grep -q ."
_RELOAD = f"/usr/bin/caddy reload --config {_CADDYFILE} --address unix/{ADMIN_SOCKET} --force"


def caddy(settings: Settings) -> BootDocument:
    """Caddy installed, and started wherever its configuration has arrived."""
    return BootDocument(
        hostname="",
        packages=("caddy", "curl"),
        files=(
            unit("caddy.service", unit=daemon("Caddy", config=_CADDYFILE), service=_SERVICE),
            step("edge/20-caddy-version"),
            *(() if settings.env.edge.caddy_in_image else source()),
        ),
        units=("caddy.service",),
        environment={"CADDY_NEEDED": NEEDED},
    )


def source() -> tuple[File, ...]:
    """The package source. Not by cloud-init's own words for one: those take gpg, which Debian's cloud image lacks."""
    source = f"Types: deb\nURIs: {_REPOSITORY}\nSuites: any-version\nComponents: main\nSigned-By: {_KEY}\n"
    pin = f"Package: caddy\nPin: version {NEEDED}.*\nPin-Priority: 990\n"
    return (
        File(_KEY, (files("boot.edge") / "caddy.asc").read_text()),
        File("/etc/apt/sources.list.d/caddy.sources", source),
        File("/etc/apt/preferences.d/caddy", pin),
    )


def caddy_bundle(settings: Settings) -> Bundle:
    """The bundle with this site's Caddyfile, and what is done before Caddy starts with it."""
    acme = settings.env.edge.certificate
    more = {_TAKE_OVER: take_over(settings, acme, served_names(settings))} if isinstance(acme, Acme) else {}
    return Bundle(
        name="caddy",
        unit="caddy",
        files={"Caddyfile": caddyfile(settings), "clients.nft": clients_nft(settings), **more},
        group="caddy",
        # As Caddy's own user: what it provisions for the check lands in Caddy's storage.
        check='nft --check --file "$DIR/clients.nft" && '
        f'runuser -u caddy -- env HOME={_HOME} caddy validate --adapter caddyfile --config "$DIR/Caddyfile"',
        reload=f"{_LIMIT} && systemctl reload-or-restart caddy",
        serving=f"systemctl is-active --quiet caddy && {_LISTENING}",
    )


_SERVICE: Directives = {
    "Type": "notify",
    "User": "caddy",
    "Group": "caddy",
    # "-": whatever comes of it Caddy starts.
    "ExecStartPre": (f"+-{_LIMIT}", f"-/bin/sh -c '[ ! -e {_SCRIPT} ] || exec timeout 30 sh {_SCRIPT}'"),
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
