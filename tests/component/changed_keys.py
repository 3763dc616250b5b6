"""One change of every key that an operator may write: the settings before it, and what is laid upon them."""

from collections.abc import Mapping
from typing import Any

from settings.effects import plain
from tests.configuration import DIGEST, IMAGE_ID, OPERATOR_KEY, OTHER_IMAGE_ID
from tests.unit.boot import golden
from tests.unit.boot.golden import ARCHIVE, CLUSTER, COUNTRIES, MONITORED, NEAREST, OPERATORS, PROVIDED

Changes = Mapping[str, Any]
_E = "environments.<environment>"
_ALL = {"env.deployed": ["gra", "sbg", "witness"]}
_DNS = golden.DNS | _ALL
_GEOGRAPHIC = _DNS | NEAREST
_BY_COUNTRY = _GEOGRAPHIC | COUNTRIES
_MONITORED = MONITORED | _ALL
_STATUS_PAGE = _MONITORED | {"env.monitoring.status_page": {"language": "fr"}}
_VRACK = {"env.backbone": {"type": "vrack", "vlan": 1701, "cidr": "10.17.0.0/22"}}
_PROVIDER = {
    "env.backbone": {
        "type": "provider",
        "network_type": "vlan",
        "physical_network": "vrack",
        "vlan": 7,
        "cidr": "10.17.0.0/22",
    }
}
_CONTAINER = {
    "env.meeting.delivery": {"type": "container", "image": f"docker.io/organisation/meeting@{DIGEST}"},
    "registry_password": "p",
}
_WEB_FILES = {"url": "https://organisation.fr/web.tar.gz", "sha256": "cd" * 32}
_ACME = {"env.edge.certificate": {"type": "acme", "email": "admin@organisation.fr"}}
_TURN = {
    "env.meeting.turn": [{"urls": ["turn:turn.organisation.fr:3478"], "username": "meeting"}],
    "turn_credential": "t",
}
_RELAY = OPERATORS | golden.RELAY_NAMES
_OTHER_ID = OTHER_IMAGE_ID
_ROLES = ("edge", "meeting", "redis", "witness")
_BAKED = {"date": "2026-11-27T14:32Z", "release": f"sha256:{'ab' * 6}", "stock": "Debian 12"}
_OTHER_BAKED = {"date": "2026-12-27T14:32Z", "release": f"sha256:{'cd' * 6}", "stock": "Debian 13"}
_IMAGES = {"images": {role: {"name": "Own", "id": IMAGE_ID} for role in _ROLES}}
Change = tuple[Changes, Changes]


def _environment(before: Changes, values: Mapping[str, object]) -> dict[str, Change]:
    """Changes of an environment's keys, each alone; a site's are the primary's."""
    return {
        f"{_E}.{path}": (before, {f"env.{plain(path).replace('<site>', 'gra')}": value})
        for path, value in values.items()
    }


CHANGED: dict[str, Change] = {
    **_environment(
        OPERATORS,
        {
            "kind": "test",
            "backbone(vrack).vlan": 1702,
            "backbone(vrack).cidr": "10.17.0.0/21",
            "local_cidr": "192.168.68.0/22",
            "sites.<site>.block": "10.17.3.0/24",
            "sites.<site>.meeting_nodes": 2,
            "meeting.delivery(container).image": f"docker.io/organisation/meeting@{DIGEST.replace('ab', 'cd')}",
            "meeting.delivery(container).config_dir": "/opt/edumeet/server/dist/config",
            "meeting.listening_port": 8443,
            "meeting.rtc_ports.min": 41000,
            "meeting.rtc_ports.max": 48000,
            "meeting.cookie_name": "sid",
            "meeting.config": {"title": "Réunions"},
            "meeting.web_config": {"title": "Réunions"},
            "meeting.delivery(container).environment": {"TZ": "Europe/Paris"},
            "meeting.delivery(container).capabilities": ["CAP_CHOWN"],
            "meeting.delivery(container).read_only": False,
            "redis(sentinel).access": "proxy",
            "redis(sentinel).down_after": "3s",
            "redis(sentinel).failover_timeout": "4s",
            "redis(sentinel).min_replicas_max_lag": "3s",
            "redis(sentinel).max_memory_mb": 512,
            "redis(sentinel).tls": True,
            "redis(sentinel).keys": ["sess:*"],
            "redis(sentinel).rights": ["+eval"],
            "redis(cluster).mode": "cluster",
            "edge.certificate(acme).email": "other@organisation.fr",
            "edge.certificate(acme).directory": "https://ca.organisation.fr/directory",
            "edge.certificate(acme).trusted_roots": golden.PRIVATE_AUTHORITY["env.edge.certificate.trusted_roots"],
            "edge.affinity": False,
            "edge.room_table.check_interval": "2s",
            "edge.room_table.check_timeout": "2s",
            "edge.room_table.fall": 4,
            "edge.room_table.rise": 3,
            "edge.room_table.expire": "1d",
            "edge.health.uri": "/alive",
            "edge.health.interval": "5s",
            "edge.health.timeout": "4s",
            "edge.health.fail_duration": "20s",
            "edge.health.max_fails": 2,
            "edge.dial_timeout": "500ms",
            "edge.tls_timeout": "2s",
            "edge.lb_try_duration": "6s",
            "edge.stream_close_delay": "1d",
            "edge.hsts_max_age": "30d",
            "edge.referrer_policy": "no-referrer",
            "edge.caddy_in_image": True,
            "operators.cidrs": ["198.51.100.0/28", "192.0.2.0/28"],
            "operators.wide_cidrs": True,
            "operators.ssh_public_key": OPERATOR_KEY.replace("operator", "another"),
            "operators.ssh_public_keys": [OPERATOR_KEY.replace("operator", "another")],
            "recovery_objective.seconds": 120,
            "recovery_objective.on_miss": "warn",
            "roll.drain_deadline": "1h",
            "updates": "images",
            "test_environments.vlans": "3000-3099",
            "test_environments.cidr": "10.192.0.0/10",
            "protect": False,
        },
    ),
    **_environment(OPERATORS | {"env.kind": "test"}, {"expires": "2027-01-01T00:00Z"}),
    **_environment(OPERATORS | _CONTAINER, {"meeting.delivery(container).registry_user": "reader"}),
    f"{_E}.meeting.server": (_MONITORED | {"env.redis.access": "proxy"}, {"env.meeting.server": "edumeet-3.5"}),
    **_environment(
        OPERATORS | {"env.meeting.delivery.web_files": _WEB_FILES, "env.meeting.web_config": {"title": "x"}},
        {
            "meeting.delivery(container).public_dir": "/opt/edumeet/server/dist/public",
            "meeting.delivery(container).web_files.url": "https://organisation.fr/other.tar.gz",
            "meeting.delivery(container).web_files.sha256": "ef" * 32,
            "meeting.delivery(container).web_files.directories": ["privacy"],
        },
    ),
    f"{_E}.meeting.delivery(container).type": (OPERATORS | ARCHIVE, _CONTAINER),
    f"{_E}.meeting.delivery(archive).type": (OPERATORS, ARCHIVE),
    **_environment(
        OPERATORS | ARCHIVE,
        {
            "meeting.delivery(archive).url": "https://organisation.fr/b.tar.gz",
            "meeting.delivery(archive).sha256": "ef" * 32,
        },
    ),
    f"{_E}.meeting.turn": (OPERATORS, _TURN),
    f"{_E}.meeting.turn[].urls": (
        OPERATORS | _TURN,
        {"env.meeting.turn": [{"urls": ["turns:turn.organisation.fr"], "username": "meeting"}]},
    ),
    f"{_E}.meeting.turn[].username": (
        OPERATORS | _TURN,
        {"env.meeting.turn": [{"urls": ["turn:turn.organisation.fr:3478"], "username": "another"}]},
    ),
    f"{_E}.meeting.relay.names": (_RELAY, {"env.meeting.relay.names.gra": ["relay.organisation.fr"]}),
    f"{_E}.meeting.relay.certificate": (_RELAY, golden.relay_provided()),
    **_environment(_RELAY, {"meeting.relay.ports.min": 51000, "meeting.relay.ports.max": 58000}),
    f"{_E}.backbone(vrack).type": (OPERATORS | _PROVIDER, _VRACK),
    f"{_E}.backbone(provider).type": (OPERATORS, _PROVIDER),
    **_environment(
        OPERATORS | _PROVIDER,
        {
            "backbone(provider).network_type": "flat",
            "backbone(provider).physical_network": "other",
            "backbone(provider).vlan": 8,
            "backbone(provider).cidr": "10.17.0.0/21",
        },
    ),
    f"{_E}.redis(sentinel).mode": (OPERATORS | CLUSTER, {"env.redis": {"mode": "sentinel"}}),
    **_environment(
        OPERATORS | CLUSTER,
        {
            "redis(cluster).node_timeout": "6s",
            "redis(cluster).max_memory_mb": 512,
            "redis(cluster).keys": ["sess:*"],
            "redis(cluster).rights": ["+eval"],
        },
    ),
    f"{_E}.edge.certificate(acme).type": (OPERATORS | PROVIDED, _ACME),
    f"{_E}.edge.certificate(provided).type": (OPERATORS, PROVIDED),
    f"{_E}.domain": (_MONITORED | _DNS, {"env.domain": "conference.organisation.fr"}),
    f"{_E}.edge.routing": (_DNS | {"env.edge.routing": "failover"}, {"env.edge.routing": "dns"}),
    f"{_E}.deployed": (_DNS | {"env.deployed": ["gra", "witness"]}, _ALL),
    # Of the default site it would change no answer.
    f"{_E}.dns.map.<site>.continents": (_BY_COUNTRY, {"env.dns.map.sbg.continents": ["SA"]}),
    f"{_E}.dns.zone": (OPERATORS | _ALL, {"env.dns": {"zone": "ha.organisation.fr"}}),
    **_environment(
        _DNS,
        {
            "dns.ttl": "60s",
            "dns.hostmaster": "dns@organisation.fr",
            "dns.check.interval": "4s",
            "dns.check.timeout": "1s",
            "dns.check.up_thresh": 3,
            "dns.check.down_thresh": 3,
        },
    ),
    **_environment(
        _GEOGRAPHIC,
        {
            "dns.map": {"sbg": {"networks": ["198.19.0.0/16"]}},
            "dns.map.<site>.networks": ["198.20.0.0/16"],
            "dns.default_site": "sbg",
        },
    ),
    **_environment(
        _BY_COUNTRY,
        {
            "dns.map.<site>.countries": ["CA"],
            "dns.geoip2.url": "https://organisation.fr/other.mmdb",
            "dns.geoip2.sha256": "ab" * 32,
        },
    ),
    # The users' own build says nothing of quality.
    **_environment(
        _MONITORED | {"env.redis.access": "proxy", "env.meeting.server": "edumeet-3.5"},
        {"monitoring.thresholds.lost_percent": 3, "monitoring.thresholds.score": 8},
    ),
    # More than the limits of one address are made for.
    **_environment(_MONITORED, {"participants": 3000, "participant_mbit": 3}),
    **_environment(
        _MONITORED,
        {
            "monitoring.mail.smarthost": "mx.organisation.fr:25",
            "monitoring.mail.sender": "b@organisation.fr",
            "monitoring.mail.to": ["c@organisation.fr"],
            "monitoring.mail.user": "c",
            "monitoring.mail.require_tls": False,
            "monitoring.webhook": False,
            "monitoring.slack": False,
            "monitoring.dead_mans_switch": False,
            "monitoring.dead_mans_switch_interval": "1m",
            "monitoring.repeat_interval": "1h",
            "monitoring.scrape_interval": "30s",
            "monitoring.retention": "30d",
            "monitoring.meeting_path": "/metrics",
            "monitoring.thresholds.certificate_days": 10,
            "monitoring.thresholds.gateway_percent": 70,
            "monitoring.thresholds.capacity_percent": 70,
            "monitoring.thresholds.disk_free_percent": 20,
            "monitoring.thresholds.memory_free_percent": 20,
            "monitoring.thresholds.cpu_percent": 80,
        },
    ),
    **_environment(
        _STATUS_PAGE,
        {
            "monitoring.status_page.path": "/etat",
            "monitoring.status_page.title": "Réunions",
            "monitoring.status_page.language": "en",
        },
    ),
    "flavors": (OPERATORS, {"flavors": dict.fromkeys(_ROLES, "b3-16")}),
    "image.name": (OPERATORS, {"image.name": "Debian 13"}),
    "image.id": (OPERATORS, {"image.id": _OTHER_ID}),
    **{
        f"image.baked.{key}": (OPERATORS | {"image.baked": _BAKED}, {f"image.baked.{key}": value})
        for key, value in _OTHER_BAKED.items()
    },
    **{
        f"images.<role>.baked.{key}": (
            OPERATORS | _IMAGES | {"images.edge.baked": _BAKED},
            {f"images.edge.baked.{key}": value},
        )
        for key, value in _OTHER_BAKED.items()
    },
    "images": (OPERATORS, {"images": {role: {"name": "Own", "id": _OTHER_ID} for role in _ROLES}}),
    "images.<role>.name": (OPERATORS | _IMAGES, {"images.edge.name": "Other"}),
    "images.<role>.id": (OPERATORS | _IMAGES, {f"images.{role}.id": _OTHER_ID for role in _ROLES}),
    "public_address": (OPERATORS, {"public_address": "external-port"}),
    "gateway": (_MONITORED, {"gateway": "m"}),
    "availability_zones": (OPERATORS, {"availability_zones": ["eu-west-par-a"]}),
    "dns_servers": (OPERATORS, {"dns_servers": ["213.186.33.100"]}),
    "ready_deadline": (OPERATORS, {"ready_deadline": "20m"}),
    "generation": (OPERATORS, {"generation": 2}),
}
