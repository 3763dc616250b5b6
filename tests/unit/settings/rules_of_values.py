"""Rules that look at one value."""

from tests.unit.settings.rule_table import ARCHIVE, DIGITS, NO_OBJECTIVE, PROVIDER, RELAY, Values

ENVIRONMENT = [
    Values("env.kind", "test", "staging", "'production' or 'test'"),
    Values("env.domain", "conf.organisation.fr", "localhost", "must be a domain name such as meeting.example.com"),
    Values("env.participants", 2, 1, "greater than or equal to 2"),
    Values("env.participant_mbit", 1, 0, "greater than or equal to 1"),
    Values("env.backbone.vlan", 4000, 4001, "less than or equal to 4000"),
    Values("env.backbone.cidr", "10.17.0.0/22", "10.17.0.1/22", "not a valid IPv4 network"),
    Values("env.backbone.network_type", "vlan", "vxlan", "'flat' or 'vlan'", {"env.backbone": {**PROVIDER, "vlan": 7}}),
    Values("env.backbone", PROVIDER, {"type": "tunnel", "cidr": "10.17.0.0/22"}, "'tunnel' found"),
    Values("env.sites.sbg.role", "secondary", "backup", "'primary', 'secondary' or 'witness'"),
    Values("env.sites.gra.block", "10.17.3.0/24", "10.17.3.0/33", "not a valid IPv4 network"),
    Values("env.sites.gra.meeting_nodes", 2, -1, "greater than or equal to 0"),
    Values("env.local_cidr", "192.168.65.0/27", "192.168.65.0/28", "is too small: /27 or larger"),
    Values(
        "env.operators.cidrs",
        ["198.51.100.7/32"],
        ["198.51.100.7/24"],
        "cidrs.0 = '198.51.100.7/24'",
        {"env.operators.ssh_public_key": "ssh-ed25519 AAAA operator"},
    ),
    Values("env.operators.ssh_public_key", "ssh-ed25519 AAAA me", "id_ed25519", "must be an OpenSSH public key"),
    Values("env.recovery_objective.seconds", 86_400, 86_401, "less than or equal to 86400"),
    Values("env.recovery_objective.on_miss", "warn", "ignore", "'refuse' or 'warn'"),
    Values("env.roll.drain_deadline", 0, -1, "greater than or equal to 0"),
]
MEETING = [
    Values("env.meeting.delivery", ARCHIVE, {"type": "rpm"}, "'rpm' found"),
    Values(
        "env.meeting.delivery.image",
        f"docker.io/organisation/meeting@sha256:{DIGITS}",
        "docker.io/organisation/meeting:latest",
        "must be an image with its digest",
    ),
    Values("env.meeting.delivery.config_dir", "/srv/config", "config", "must be an absolute path"),
    Values(
        "env.meeting.delivery.url",
        ARCHIVE["url"],
        "ftp://organisation.fr/a.tgz",
        "must be an http:// or https://",
        {"env.meeting.delivery": ARCHIVE},
    ),
    Values(
        "env.meeting.delivery.sha256",
        DIGITS,
        "AB" * 32,
        "must be 64 hexadecimal digits",
        {"env.meeting.delivery": ARCHIVE},
    ),
    Values("env.meeting.listening_port", 65535, 65536, "less than or equal to 65535"),
    Values("env.meeting.redirect_port", 1, 0, "greater than or equal to 1"),
    Values("env.meeting.cookie_name", "multiparty-meeting.sid", "meeting sid", "should match pattern"),
    Values("env.meeting.turn", [RELAY], [{**RELAY, "urls": []}], "at least 1 item", {"turn_credential": "t"}),
    Values("env.meeting.turn", [RELAY], [{"urls": RELAY["urls"]}], "0.username: is missing", {"turn_credential": "t"}),
]
REDIS = [
    Values("env.redis", {"mode": "cluster"}, {"mode": "gossip"}, "'gossip' found"),
    Values("env.redis.node_timeout", 100, 99, "greater than or equal to 100", {"env.redis": {"mode": "cluster"}}),
    Values("env.redis.access", "proxy", "direct", "'sentinel', 'plain' or 'proxy'"),
    Values("env.redis.master_name", "mymaster", "my master", "should match pattern"),
    Values("env.redis.down_after", 100, 99, "greater than or equal to 100"),
    Values("env.redis.failover_timeout", 600_000, 600_001, "less than or equal to 600000", NO_OBJECTIVE),
    Values("env.redis.min_replicas_max_lag", 60, 61, "less than or equal to 60"),
    Values("env.redis.max_memory_mb", 64, 63, "greater than or equal to 64"),
]
EDGE = [
    Values("env.edge.certificate.email", "a@organisation.fr", "admin", "must be a mail address"),
    Values(
        "env.edge.certificate.directory", "https://ca.organisation.fr/dir", "ca.organisation.fr", "https:// address"
    ),
    Values("env.edge.certificate", {"type": "acme", "email": "a@b.fr"}, {"type": "none"}, "'none' found"),
    Values(
        "env.edge.certificate.trusted_roots",
        "-----BEGIN CERTIFICATE-----\nroot\n-----END CERTIFICATE-----",
        "/etc/ssl/root.pem",
        "must be certificates in PEM",
    ),
    Values("env.edge.routing", "failover", "nearest", "'failover', 'geographic' or 'dns'"),
    Values("env.edge.affinity", False, "sometimes", "valid boolean"),
    Values("env.edge.room_table.check_interval", "500ms", "1", "must be a duration"),
    Values("env.edge.room_table.check_timeout", "2s", "2 s", "must be a duration"),
    Values("env.edge.room_table.fall", 1, 0, "greater than or equal to 1"),
    Values("env.edge.room_table.rise", 1, 0, "greater than or equal to 1"),
    Values("env.edge.room_table.expire", "24h", "a day", "must be a duration"),
    Values("env.edge.room_table.size", 1_000, 999, "greater than or equal to 1000"),
    Values("env.edge.room_table.peers_port", 1024, 1023, "greater than or equal to 1024"),
    Values("env.edge.health.uri", "/healthz", "health", "should match pattern"),
    Values("env.edge.health.interval", "500ms", "10", "must be a duration such as 500ms, 10s or 5m"),
    Values("env.edge.health.timeout", "5s", "5 s", "must be a duration"),
    Values("env.edge.health.status", 204, 600, "less than or equal to 599"),
    Values("env.edge.health.fail_duration", "30s", "half a minute", "must be a duration"),
    Values("env.edge.health.max_fails", 1, 0, "greater than or equal to 1"),
    Values("env.edge.dial_timeout", "1s", "1sec", "must be a duration"),
    Values("env.edge.tls_timeout", "5s", "5", "must be a duration"),
    Values("env.edge.lb_try_duration", "5s", "5", "must be a duration"),
    Values("env.edge.stream_close_delay", "5m", "5min", "must be a duration"),
    Values("env.edge.caddy_repository.key_id", "A" * 40, "A" * 39, "should match pattern"),
]
STACK = [
    Values("region", "SBG7", "GRA", "must be a compute region with its number, such as GRA11 or SBG7"),
    Values("flavors.edge", "b3-8", "b3 8", "must be a flavor's name, such as b3-8"),
    Values("image.id", "0" * 8 + "-0000" * 3 + "-" + "0" * 12, "debian", "must be an id as OpenStack prints it"),
    Values("public_address", "external-port", "none", "'floating-ip' or 'external-port'"),
    Values("gateway", "xl", "xxl", "'s', 'm', 'l' or 'xl'"),
    Values("dns_servers", ["192.0.2.53"], ["dns.organisation.fr"], "dns_servers.0 = 'dns.organisation.fr'"),
    Values("ready_deadline", 0, 7201, "less than or equal to 7200"),
    Values("generation", 2, 0, "greater than or equal to 1"),
]
ROWS = [values.row for values in (*ENVIRONMENT, *MEETING, *REDIS, *EDGE, *STACK)]
