"""What a change of each key does to servers that run: a table, which the reference of the settings shows.

`tests/component/test_component_changes.py` holds it against the resources whose inputs such a change moves.
"""

import re

NONE = "no server"
IDENTITY = "another deployment: not of one that runs"
_EDGES = "pushed to edges"
_WITNESS = "pushed to the witness"
_NAMESERVERS = "pushed to edges, the witness"
_EVERYBODY = "replaces every server"
_MEETING = "replaces meeting nodes"
_REDIS = "replaces Redis servers, the witness"
_NETWORKS = "networks"

# By the key without `environments.<environment>.` and without the kind of its section; the longest beginning counts.
_EFFECTS = {
    "kind": NONE,
    "domain": f"{_EDGES}, the witness",
    "participants": _NAMESERVERS,
    "participant_mbit": NONE,
    "backbone": _NETWORKS,
    "local_cidr": NONE,
    "sites": IDENTITY,
    "sites.<site>.block": f"{_EVERYBODY}; {_EDGES}; rules; networks",
    "sites.<site>.meeting_nodes": f"{_EDGES}; adds or takes away servers",
    "meeting": _MEETING,
    "meeting.server": f"{_MEETING}; {_WITNESS}",
    "meeting.listening_port": f"{_MEETING}; {_EDGES}; rules",
    "meeting.relay.names": f"{_MEETING}; {_EDGES}",
    "meeting.relay.certificate": f"{_MEETING}; {_EDGES}; rules",
    "meeting.rtc_ports": f"{_EVERYBODY}; rules",
    "redis": _REDIS,
    "redis.mode": f"{_EVERYBODY}; rules",
    "redis.access": _MEETING,
    "redis.tls": "replaces meeting nodes, Redis servers, the witness",
    "edge": _EDGES,
    "edge.caddy_in_image": "replaces edges",
    "edge.certificate.type": f"{_EDGES}; rules",
    "edge.affinity": f"{_EDGES}; rules",
    "operators.cidrs": "rules",
    "operators.wide_cidrs": NONE,
    "operators.ssh_public_key": _EVERYBODY,
    "operators.ssh_public_keys": NONE,
    "dns": _NAMESERVERS,
    "dns.zone": f"{_NAMESERVERS}; rules; public addresses",
    "monitoring": _WITNESS,
    "monitoring.retention": "replaces the witness",
    "monitoring.status_page": _WITNESS,
    "monitoring.status_page.path": _EDGES,
    "recovery_objective": NONE,
    "roll": NONE,
    "deployed": _NAMESERVERS,
    "updates": _EVERYBODY,
    "test_environments": NONE,
    "expires": "labels",
    "protect": NONE,
    "environment": IDENTITY,
    "site": IDENTITY,
    "region": IDENTITY,
    "availability_zones": _EVERYBODY,
    "external_network": IDENTITY,
    "flavors": _EVERYBODY,
    "image": _EVERYBODY,
    "image.name": NONE,
    "image.baked": NONE,
    "images": _EVERYBODY,
    "images.<role>.name": NONE,
    "images.<role>.baked": NONE,
    "public_address": "replaces edges, meeting nodes; public addresses",
    "gateway": NONE,
    "dns_servers": _NETWORKS,
    "ready_deadline": NONE,
    "generation": _EVERYBODY,
}


def effect(path: str) -> str:
    """What a change of a key does; the key as `settings.keys` names it.

    Raises:
        KeyError: nobody has said it.
    """
    parts = plain(path).split(".")
    beginnings = (".".join(parts[:count]) for count in range(len(parts), 0, -1))
    return _EFFECTS[next((key for key in beginnings if key in _EFFECTS), path)]


def plain(path: str) -> str:
    """A key without what stands around it: the environment's name, the kind of a section, the brackets of a list."""
    return re.sub(r"^environments\.<environment>\.|\([a-z]+\)|\[\]", "", path)
