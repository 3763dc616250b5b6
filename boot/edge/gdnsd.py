"""gdnsd on the nameservers, that is edges and witness: package, unit, and the bundle with configuration and zone."""

from ipaddress import IPv4Address
from shlex import quote

from boot.document import BootDocument
from boot.edge.gdnsd_conf import DATABASES, gdnsd_conf
from boot.edge.nameservers import Nameservers
from boot.edge.zone import zone
from boot.live import HOME, Bundle
from boot.unit import RESTARTED, SANDBOX, Directives, daemon, unit
from settings.addresses import Role
from settings.dns import Dns
from settings.stack import Settings

_DIRECTORY = f"{HOME}/gdnsd"
_OWN_ADDRESS = "own-address.env"
_CTL = f"/usr/bin/gdnsdctl -c {_DIRECTORY}"


def gdnsd(settings: Settings, role: Role) -> BootDocument:
    """The daemon, installed wherever it may be asked to run, and started where its configuration has arrived."""
    return BootDocument(
        hostname="",
        packages=("gdnsd", "curl"),
        files=(unit("gdnsd.service", unit=_UNIT, service=_service(_has_own_address(settings, role))),),
        units=("gdnsd.service",),
    )


def gdnsd_bundle(settings: Settings, dns: Dns, role: Role, known: Nameservers, listen: IPv4Address) -> Bundle:
    """The bundle of this site's nameserver.

    Args:
        settings: the stack's settings.
        dns: the environment's DNS.
        role: edge or witness.
        known: the nameservers' public addresses, this server's own among them.
        listen: the address of the server's first network card.
    """
    files = {
        "config": gdnsd_conf(settings, dns, known, listen),
        f"zones/{dns.zone}": zone(settings, dns, known),
    }
    if _has_own_address(settings, role):
        files[_OWN_ADDRESS] = f"OWN_ADDRESS={known.edges[settings.site]}\n"
    return Bundle(
        name="gdnsd",
        unit="gdnsd",
        files=files,
        group="gdnsd",
        check=f'{_fetch(dns)}gdnsd -c "$DIR" checkconf',
        reload="systemctl reload-or-restart gdnsd",
        serving=f"{_CTL} status",
    )


def _has_own_address(settings: Settings, role: Role) -> bool:
    """Whether the server is an edge behind NAT: its own check goes to an address that none of its cards has."""
    return role is Role.EDGE and settings.public_address == "floating-ip"


def _fetch(dns: Dns) -> str:
    """The database, once; gdnsd finds it under its checksum."""
    if dns.geoip2 is None:
        return ""
    file = f"{DATABASES}/{dns.geoip2.sha256}.mmdb"
    curl = "curl --fail --silent --show-error --location --retry 3"
    return f"""\
set -e
if [ ! -e {file} ]; then
    mkdir -p {DATABASES}
    {curl} --output {file}.new {quote(dns.geoip2.url)}
    echo "{dns.geoip2.sha256}  {file}.new" | sha256sum --check --quiet
    mv {file}.new {file}
fi
"""


# After an edge's Caddy, so that the first check finds the own edge up.
_UNIT = daemon("gdnsd", after="caddy.service", config=f"{_DIRECTORY}/config")


def _service(own_address: bool) -> Directives:
    # "+": as root. Hairpin NAT is nothing to rely on: the own public address stays on the server, so the check of the
    # own edge does.
    own = "+/usr/sbin/ip address replace ${OWN_ADDRESS}/32 dev lo"
    environment: Directives = {"EnvironmentFile": f"{_DIRECTORY}/{_OWN_ADDRESS}", "ExecStartPre": own}
    replace = f"{_CTL} replace"  # a new process takes the sockets over: no query is lost
    return {
        "Type": "notify",
        "NotifyAccess": "all",
        "User": "gdnsd",
        "Group": "gdnsd",
        **(environment if own_address else {}),
        "ExecStart": f"/usr/sbin/gdnsd -c {_DIRECTORY} start",
        "ExecReload": (own, replace) if own_address else replace,
        "ExecStop": f"{_CTL} stop",
        "RuntimeDirectory": "gdnsd",
        "RuntimeDirectoryMode": "0700",
        # `admin_state` in it drains a site, over restarts.
        "StateDirectory": "gdnsd",
        **RESTARTED,
        **SANDBOX,
        "AmbientCapabilities": "CAP_NET_BIND_SERVICE",
        "CapabilityBoundingSet": "CAP_NET_BIND_SERVICE",
    }
