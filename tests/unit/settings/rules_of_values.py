"""Rules that look at one value."""

from tests.configuration import OPERATOR_KEY
from tests.unit.settings.rule_table import ARCHIVE, DIGITS, NO_OBJECTIVE, PROVIDER, RELAY, Values

# Made for the tests; the token's is a security key's.
KEYS = {
    "rsa": (
        "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQDkIzzEKzRnuUpm9LmjeVjkL3VvHjxWIj3v/Lb1iwJnwoLbJfD4LS8xaEsLzkyb"
        "xrR7RKbTTtLe1qZFE5AF9QizAGCk9aID5lEUTd/2J0JhtM9nlgyEF1eYtLVB5udJNZjcZIGF0mV/9pqqNfAUrMqpEG7i74LfmY5U"
        "Z3TJm1PcGHo7xLCA5gY3kWhye6DiNZ1ZISr12KQdtVUjNm3dRVMgICkS7FtSXIjQzUwzxojxwIxK6qgHxSyl8v2cCG7GmigF84NF"
        "I0i0aXQueFJrf2QUKoTriaJnGWGROuFlV3nwurTyITAWXhZ8gw8PBuhbWfE/OW3VUNTdw0el/86xVvj5"
    ),
    "ecdsa": (
        "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBA70H64Xbn/p2AFkHx4Z8aijTuVW"
        "hUClaJRnOxUEXFxIah4irUZoET33MUwA77WeHpQn/VyTpmXIeYxCYTxqqow="
    ),
    "token": (
        "sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAIGFhYWFhYWFhYWFhYWFhYWFhYWFhY"
        "WFhYWFhYWFhYWFhAAAABHNzaDo="
    ),
}
ENVIRONMENT = [
    Values("env.kind", "test", "staging", "'production' or 'test'"),
    Values("env.domain", "conf.organisation.fr", "localhost", "must be a domain name such as meeting.example.com"),
    Values("env.participants", 2, 1, "greater than or equal to 2"),
    Values("env.participant_mbit", 1, 0, "greater than or equal to 1"),
    Values("env.backbone.vlan", 4000, 4001, "less than or equal to 4000"),
    Values(
        "env.backbone.cidr",
        "10.17.0.0/22",
        "10.17.0.1/22",
        "10.17.0.1/22 has host bits: write 10.17.0.0/22, or 10.17.0.1/32",
    ),
    Values("env.backbone.network_type", "vlan", "vxlan", "'flat' or 'vlan'", {"env.backbone": {**PROVIDER, "vlan": 7}}),
    Values("env.backbone", PROVIDER, {"type": "tunnel", "cidr": "10.17.0.0/22"}, "'tunnel' found"),
    Values("env.sites.sbg.role", "secondary", "backup", "'primary', 'secondary' or 'witness'"),
    Values("env.sites.gra.block", "10.17.3.0/24", "10.17.3.0/33", "must have its length behind the slash, 0 to 32"),
    Values("env.sites.gra.meeting_nodes", 2, -1, "greater than or equal to 0"),
    Values("env.local_cidr", "192.168.65.0/25", "192.168.65.0/26", "is too small: /25 or larger"),
    Values(
        "env.operators.cidrs",
        ["198.51.100.7/32"],
        ["198.51.100.7/24"],
        "cidrs.0 = '198.51.100.7/24'",
        {"env.operators.ssh_public_key": OPERATOR_KEY},
    ),
    Values("env.operators.ssh_public_key", OPERATOR_KEY, "id_ed25519", "must be an OpenSSH public key"),
    *(
        Values(
            "env.operators.ssh_public_key",
            right,
            wrong,
            "is no whole key of its type: copy all of the line of the .pub file again",
        )
        for right, wrong in (
            (OPERATOR_KEY, OPERATOR_KEY.split()[0] + " AAAA me"),
            (OPERATOR_KEY, OPERATOR_KEY[:60]),
            (KEYS["rsa"], KEYS["rsa"][:200]),
            (KEYS["rsa"], KEYS["rsa"].replace("ssh-rsa", "ssh-ed25519", 1)),
            (KEYS["ecdsa"], KEYS["ecdsa"][:-4]),
            (KEYS["ecdsa"], KEYS["ecdsa"].replace("nistp256", "nistp384", 1)),
            (KEYS["token"], KEYS["token"][:-8]),
        )
    ),
    Values("env.local_cidr", "172.16.0.0/22", "224.0.0.0/22", "lies in 224.0.0.0/4, which is multicast"),
    Values("env.local_cidr", "172.16.0.0/22", "127.0.0.0/22", "lies in 127.0.0.0/8, which is each machine's own"),
    Values("env.local_cidr", "172.16.0.0/12", "169.0.0.0/8", "holds 169.254.0.0/16, which is link-local"),
    Values("env.backbone.cidr", "10.16.0.0/12", "127.18.0.0/22", "lies in 127.0.0.0/8, which is each machine's own"),
    Values("env.backbone.cidr", "10.0.0.0/8", "0.0.0.0/4", 'holds 0.0.0.0/8, which is "this network"'),
    Values("env.sites.gra.block", "10.17.3.0/24", "127.18.0.0/24", "lies in 127.0.0.0/8, which is each machine's own"),
    Values("env.test_environments.cidr", "10.192.0.0/21", "169.254.168.0/21", "lies in 169.254.0.0/16"),
    Values("env.test_environments.cidr", "10.0.0.0/9", "0.0.0.0/0", 'holds 0.0.0.0/8, which is "this network"'),
    # People may be in a network that holds such addresses too.
    Values(
        "env.operators.cidrs",
        ["192.0.0.0/2"],
        ["127.0.0.1/32"],
        "cidrs.0 = '127.0.0.1/32': lies in 127.0.0.0/8, which is each machine's own",
        {"env.operators.ssh_public_key": OPERATOR_KEY, "env.operators.wide_cidrs": True},
    ),
    Values("env.operators", {"cidrs": []}, ["198.51.100.7"], "must hold keys, as {a: 1}"),
    Values("env.edge.certificate", {"type": "acme", "email": "a@b.fr"}, {"email": "a@b.fr"}, "'type' is missing"),
    Values("env.recovery_objective.seconds", 86_400, 86_401, "less than or equal to 86400"),
    Values("env.recovery_objective.on_miss", "warn", "ignore", "'refuse' or 'warn'"),
    Values("env.test_environments.vlans", "3000-3099", "3099-3000", "must be two VLANs of 1 to 4000, the lower one"),
    Values("env.test_environments.vlans", "3000-3000", "3000", "must be VLANs from one to another, such as 3000-3099"),
    Values("env.test_environments.cidr", "10.192.0.0/21", "10.192.0.0/22", "is too small: /21 or larger"),
    Values("env.updates", "images", "never", "'staggered' or 'images'"),
    Values("env.roll.drain_deadline", "0s", "25h", "must be from 0s to 1d"),
]
MEETING = [
    Values("env.meeting.delivery", ARCHIVE, {"type": "rpm"}, "'rpm' found"),
    Values(
        "env.meeting.delivery.image",
        f"docker.io/organisation/meeting@sha256:{DIGITS}",
        "docker.io/organisation/meeting:latest",
        "must be an image with its registry and its digest",
    ),
    Values(
        "env.meeting.delivery.image",
        f"localhost:5000/meeting:3.4@sha256:{DIGITS}",
        f"edumeet/edumeet@sha256:{DIGITS}",
        f"it must name its registry: write docker.io/edumeet/edumeet@sha256:{DIGITS}",
    ),
    *(
        Values(
            "env.meeting.delivery.image",
            f"docker.io/a/b-c__d.e:3.5@sha256:{DIGITS}",
            f"docker.io/{name}@sha256:{DIGITS}",
            "must be an image with its registry and its digest",
        )
        for name in ("a/../b", "a/-", "a./b", "a/b:.t", f"a/b:{'t' * 129}", "a//b")
    ),
    Values(
        "env.meeting.delivery.image",
        f"docker.io/a/b@sha256:{DIGITS}",
        f"docker.io/A/b@sha256:{DIGITS}",
        f"it has upper case: write docker.io/a/b@sha256:{DIGITS}",
    ),
    *(
        Values("env.meeting.delivery.registry_user", "robot$ci", user, "must be a login", {"registry_password": "p"})
        for user in ("", "a:b", "a\nb")
    ),
    Values("env.meeting.server", "multiparty-meeting", "jitsi", "'multiparty-meeting', 'edumeet-3.4' or 'edumeet-3.5'"),
    Values("env.meeting.server", "multiparty-meeting", "edumeet-4.0", "edumeet 4 has no Redis"),
    Values("env.meeting.delivery.environment", {"TZ": "UTC"}, {"A-B": "x"}, "must be a variable's name"),
    Values("env.meeting.delivery.environment", {"TZ": "UTC"}, {"A": "x\ny"}, "must be text of one line"),
    Values("env.meeting.delivery.environment", {"TZ": "UTC"}, {"API_TOKEN": "x"}, "looks like a secret"),
    Values("env.meeting.delivery.capabilities", ["CAP_CHOWN"], ["chown"], "must be a capability of Linux"),
    Values("env.meeting.delivery.read_only", False, "no", "must be true or false"),
    Values(
        "env.meeting.delivery.web_files",
        {"url": "https://organisation.fr/web.tar.gz", "sha256": DIGITS, "directories": ["images"]},
        {"url": "https://organisation.fr/web.tar.gz", "sha256": DIGITS, "directories": ["../etc"]},
        "must be a directory's name",
    ),
    Values("env.meeting.delivery.public_dir", "/srv/public", "public", "must be an absolute path"),
    Values("env.meeting.delivery.config_dir", "/srv/config", "config", "must be an absolute path"),
    Values("env.meeting.delivery.config_dir", "/srv/.config/", "/srv/../etc", "must be an absolute path without"),
    Values("env.meeting.delivery.environment", {"A": "x\ty"}, {"A": "x\x00y"}, "must be text of one line"),
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
    Values("env.meeting.cookie_name", "multiparty-meeting.sid", "meeting sid", "must be a name of letters, digits"),
    Values("env.meeting.turn", [RELAY], [{**RELAY, "urls": []}], "must name 1 or more", {"turn_credential": "t"}),
    Values("env.meeting.turn", [RELAY], [{"urls": RELAY["urls"]}], "0.username: is missing", {"turn_credential": "t"}),
]
REDIS = [
    Values("env.redis", {"mode": "cluster"}, {"mode": "gossip"}, "'gossip' found"),
    Values("env.redis.node_timeout", "100ms", "99ms", "must be from 100ms to 10m", {"env.redis": {"mode": "cluster"}}),
    Values("env.redis.tls", True, "yes", "must be true or false, without quotes"),
    Values("env.redis.access", "proxy", "direct", "'sentinel', 'plain' or 'proxy'"),
    Values("env.redis.down_after", "100ms", "99ms", "must be from 100ms to 10m"),
    Values("env.redis.failover_timeout", "10m", "601s", "must be from 100ms to 10m", NO_OBJECTIVE),
    Values("env.redis.min_replicas_max_lag", "60s", "1500ms", "must be whole seconds"),
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
    Values("env.edge.affinity", False, "sometimes", "must be true or false, without quotes"),
    Values("env.edge.room_table.check_interval", "500ms", "1", "has no unit: write 1s"),
    Values("env.edge.room_table.check_timeout", "2s", "2 s", "must be a duration"),
    Values("env.edge.room_table.fall", 1, 0, "greater than or equal to 1"),
    Values("env.edge.room_table.rise", 1, 0, "greater than or equal to 1"),
    Values("env.edge.room_table.expire", "24h", "a day", "must be a duration"),
    Values("env.edge.health.uri", "/healthz", "health", "must be a path such as /health"),
    Values(
        "env.edge.health.interval", "500ms", "10 s", "must be a duration with its unit, such as 500ms, 2.5s, 5m or 12h"
    ),
    Values("env.edge.health.timeout", "5s", "5 s", "must be a duration"),
    Values("env.edge.health.fail_duration", "30s", "half a minute", "must be a duration"),
    Values("env.edge.health.max_fails", 1, 0, "greater than or equal to 1"),
    Values("env.edge.dial_timeout", "1s", "1sec", "must be a duration"),
    Values("env.edge.tls_timeout", "5s", "5S", "must be a duration"),
    Values("env.edge.lb_try_duration", "5s", "5", "has no unit: write 5s, or another of ms, s, m, h, d"),
    Values("env.edge.stream_close_delay", "24h", "5min", "must be a duration"),
    Values("env.edge.stream_close_delay", "12h", "5m", "must be at least room_table.expire, which is 12h"),
    Values(
        "env.edge.stream_close_delay", "90m", "89m", "at least room_table.expire", {"env.edge.room_table.expire": "90m"}
    ),
    *(
        Values("env.edge.health.uri", "/health?deep=1", path, "must be a path such as /health")
        for path in ('/a"b', "/{env.HOME}", "/a#b", "/a'b", "/`id`", "/a\\", "/$HOME")
    ),
    *(
        Values("env.edge.certificate.email", "it.admin+acme@organisation.fr", mail, "must be a mail address")
        for mail in ("a{b}@c.fr", '"a"@c.fr', "a;b@c.fr", "a@c.fr>", "é@c.fr")
    ),
    *(
        Values(
            "env.edge.certificate.directory", "https://ca.fr:14000/dir?a=b%20c", url, "must be an http:// or https://"
        )
        for url in (
            "https://ca.fr/{x}",
            'https://ca.fr/"',
            "https://ca.fr/`id`",
            "https://ca.fr:99999/",
            "https://é.fr/",
        )
    ),
    Values("env.edge.health.interval", "1ms", "0s", "must be above 0: Caddy takes 0 for 30 s", NO_OBJECTIVE),
    Values("env.edge.health.timeout", "1ms", "0ms", "must be above 0: Caddy takes 0 for 5 s"),
    Values("env.edge.health.fail_duration", "1ms", "0h", "must be above 0: Caddy takes 0 for no passive checks at all"),
    Values("env.edge.dial_timeout", "1ms", "0s", "must be above 0: Caddy takes 0 for 3 s"),
    Values("env.edge.tls_timeout", "1ms", "0.0s", "must be above 0: Caddy takes 0 for no limit"),
    Values("env.edge.room_table.check_interval", "1ms", "0s", "must be above 0: HAProxy refuses it"),
    Values("env.edge.room_table.check_timeout", "1ms", "0m", "must be above 0: HAProxy takes 0 for no limit"),
    Values("env.edge.room_table.expire", "1ms", "0s", "must be above 0: HAProxy takes 0 for never"),
    Values("env.edge.room_table.expire", "576h", "577h", "must be from 1ms to 24d"),
    Values("env.edge.hsts_max_age", "0s", "731d", "must be from 0s to 730d"),
    Values("env.edge.referrer_policy", "no-referrer", "unsafe-url", "'no-referrer', 'same-origin'"),
    Values("env.edge.caddy_in_image", True, "yes", "must be true or false, without quotes"),
]
STACK = [
    *(
        Values(
            "region",
            right,
            storage,
            f"is a region of object storage: write the compute region beside it, such as {right};",
        )
        for storage, right in (
            ("GRA", "GRA11"),
            ("SBG", "SBG7"),
            ("DE", "DE1"),
            ("RBX", "RBX-A"),
            ("UK", "UK1"),
            ("WAW", "WAW1"),
            ("BHS", "BHS5"),
            ("SGP", "SGP1"),
            ("SYD", "SYD1"),
        )
    ),
    Values("region", "EU-WEST-PAR", "EU-WEST-LON", "must be a compute region of OVHcloud, such as GRA11, SBG7, RBX-A"),
    Values("region", "EU-SOUTH-MIL", "GRA 11", "must be a region as `openstack region list` prints it, such as GRA11"),
    Values("region", "CA-EAST-TOR", "GRA111", "must be a compute region of OVHcloud"),
    Values(
        "availability_zones",
        ["eu-west-par-a", "eu-west-par-b"],
        ["eu-west-par-a", "b c"],
        "availability_zones.1 = 'b c'",
    ),
    Values("flavors.edge", "b3-8", "b3 8", "must be a flavor's name, such as b3-8"),
    Values("image.id", "0" * 8 + "-0000" * 3 + "-" + "0" * 12, "debian", "must be an id as OpenStack prints it"),
    Values(
        "image.baked",
        {"date": "2026-11-27T14:32Z", "release": f"sha256:{'ab' * 6}", "stock": "Debian 12"},
        {"date": "2026-11-27", "release": f"sha256:{'ab' * 6}", "stock": "Debian 12"},
        "image.baked.date = '2026-11-27': must be a time in UTC such as 2026-11-24T02:00Z",
    ),
    Values("public_address", "external-port", "none", "'floating-ip' or 'external-port'"),
    Values("gateway", "2xl", "xxl", "'s', 'm', 'l', 'xl' or '2xl'"),
    Values("dns_servers", ["192.0.2.53"], ["dns.organisation.fr"], "dns_servers.0 = 'dns.organisation.fr'"),
    Values("dns_servers", ["1.1.1.1", "9.9.9.9"], ["1.1.1.1", "1.1.1.1"], "stands there twice"),
    Values("dns_servers", ["1.1.1.1"], [f"9.9.9.{each}" for each in range(6)], "must name 5 or fewer"),
    Values("dns_servers", ["1.1.1.1"], "1.1.1.1", "must be a list, as [a, b]"),
    *(
        Values("dns_servers", ["10.0.0.53"], [address], f"dns_servers.0 = '{address}': lies in {nobodys}, which is ")
        for address, nobodys in (
            ("127.0.0.53", "127.0.0.0/8"),
            ("0.0.0.0", "0.0.0.0/8"),
            ("169.254.169.254", "169.254.0.0/16"),
            ("224.0.0.251", "224.0.0.0/4"),
            ("255.255.255.255", "240.0.0.0/4"),
        )
    ),
    Values("external_network", "Ext-Net", " Ext-Net", "must be a name without spaces around it"),
    Values("external_network", "Réseau public", "", "must be a name without spaces around it"),
    Values("image.name", "Debian 12", "Debian 12\n", "must be a name without spaces around it"),
    Values("flavors", {"edge": "a", "meeting": "b", "redis": "c"}, "b3-8", "must hold keys, as {a: 1}"),
    Values("ready_deadline", "0s", "121m", "must be from 0s to 2h"),
    Values("generation", 2, 0, "greater than or equal to 1"),
]
ROWS = [values.row for values in (*ENVIRONMENT, *MEETING, *REDIS, *EDGE, *STACK)]
