"""A Redis server of a cluster: two nodes, and what tends them.

The *home* node is the master of its site's third of the slots; the *guest* is the replica of the next site's home, so
that each third has its replica in another site. Sites are in a ring: primary, secondary, witness.
"""

from itertools import pairwise

from boot.document import BootDocument, script, step
from boot.file import File
from boot.redis.redis_conf import cluster_conf
from boot.redis.redis_unit import AUTH, SEED, auth_file, ping_checks, redis_unit
from boot.unit import RESTARTED, SANDBOX, Directives, daemon, unit
from settings.addresses import Role
from settings.redis import GUEST_PORT, PORT, Cluster
from settings.stack import Settings

_SLOTS = 16384  # Redis Cluster's number
_TEND_SCRIPT = "/usr/local/sbin/redis-cluster-tend"
_TEND = "redis-cluster-tend.service"
_STATE = "/var/lib/redis"
# The home node's unit takes the place of the package's, which would listen on the same port.
_UNITS = {"home": "redis-server.service", "guest": "redis-guest.service"}
_PORTS = {"home": PORT, "guest": GUEST_PORT}


def slots(settings: Settings) -> list[tuple[int, int]]:
    """The first and the last slot of each site's home node, in the order of the ring."""
    sites = len(settings.redis_addresses)
    bounds = [_SLOTS * i // sites for i in range(sites + 1)]
    return [(first, after - 1) for first, after in pairwise(bounds)]


def cluster_node(settings: Settings, role: Role, cluster: Cluster) -> BootDocument:
    """What a Redis server's boot document has of its own."""
    own = settings.backbone_address(role)
    ring = list(settings.redis_addresses.values())
    place = ring.index(own)
    shares = slots(settings)
    nodes = [f"{address}:{port}" for port in _PORTS.values() for address in ring]
    return BootDocument(
        hostname="",
        packages=("redis-server", "redis-tools"),
        files=(
            *(
                File(f"{SEED}/{node}.conf", cluster_conf(settings, role, cluster, port, f"{_STATE}/{node}"), "0600")
                for node, port in _PORTS.items()
            ),
            auth_file(settings),
            script("redis/redis-cluster-tend.sh", _TEND_SCRIPT),
            step("redis/30-redis-cluster"),
            *(
                redis_unit(
                    name,
                    description=f"Redis Cluster, {node} node",
                    arguments=f"{_STATE}/{node}/redis.conf",
                    writes=f"{_STATE}/{node}",
                )
                for node, name in _UNITS.items()
            ),
            _tend(),
        ),
        units=(*_UNITS.values(), _TEND),
        checks=(*ping_checks(*_PORTS.values()), f"systemctl is-active --quiet {_TEND}"),
        environment={
            "SEED": SEED,
            "SELF": str(own),
            "CLUSTER_NODES": " ".join(nodes),
            "HOME_NODE": f"{own}:{PORT}",
            "HOME_SLOTS": "{} {}".format(*shares[place]),
            "GUEST_NODE": f"{own}:{GUEST_PORT}",
            "GUEST_SLOTS": "{} {}".format(*shares[(place + 1) % len(ring)]),
        },
    )


def _tend() -> File:
    service: Directives = {
        "Type": "exec",
        "User": "redis",
        "Group": "redis",
        "EnvironmentFile": AUTH,  # systemd reads it, as root
        "ExecStart": _TEND_SCRIPT,
        **RESTARTED,
        **SANDBOX,
    }
    return unit(
        _TEND,
        unit=daemon(
            "Form the Redis Cluster, and keep this server's nodes in their places", after=" ".join(_UNITS.values())
        ),
        service=service,
    )
