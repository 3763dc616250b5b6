"""Rules that look at a stack as a whole: its environment, its region, its servers, its secrets."""

from collections.abc import Mapping

from tests.configuration import DIGEST, SECRETS, production
from tests.unit.boot.golden import PRIVATE_AUTHORITY
from tests.unit.settings.rule_table import CONTAINER, OWN_CERTIFICATE, PROVIDER, Row

_E = "environments.production"


def _second(backbone: Mapping[str, object], local: str = "172.16.0.0/22") -> dict[str, object]:
    return {**production(), "kind": "test", "backbone": backbone, "local_cidr": local}


_VRACK = {"type": "vrack", "cidr": "10.17.0.0/22"}
_ON_PROVIDER = {"env.backbone": PROVIDER}

WIRES = [
    Row(
        "a VLAN of its own",
        {"environments.test": _second({**_VRACK, "vlan": 1702})},
        {"environments.test": _second({**_VRACK, "vlan": 1701})},
        ("environments.test.backbone = 'vRack VLAN 1701'", "planned addresses would double its Redis"),
    ),
    Row(
        "a provider network of its own",
        {**_ON_PROVIDER, "environments.test": _second({**PROVIDER, "physical_network": "second"})},
        {**_ON_PROVIDER, "environments.test": _second(PROVIDER)},
        ("environments.test.backbone = 'physical network vrack'", "is used by another environment"),
    ),
    Row(
        "a provider VLAN of its own",
        {**_ON_PROVIDER, "environments.test": _second({**PROVIDER, "network_type": "vlan", "vlan": 7})},
        {
            "env.backbone": {**PROVIDER, "network_type": "vlan", "vlan": 7},
            "environments.test": _second({**PROVIDER, "network_type": "vlan", "vlan": 7}),
        },
        ("environments.test.backbone = 'physical network vrack VLAN 7'", "is used by another environment"),
    ),
    # The last quarter of /22 is no site's.
    *(
        Row(
            f"local networks of its own ({local})",
            {"environments.test": _second({**_VRACK, "vlan": 1702}, free)},
            {"environments.test": _second({**_VRACK, "vlan": 1702}, local)},
            (
                f"environments.test.local_cidr = '{local}'",
                "overlaps the local networks of production, and the two may come to be on one VLAN of the vRack",
                "take other addresses; a site that is deployed keeps its own",
            ),
        )
        for free, local in (("192.168.67.0/24", "192.168.64.0/22"), ("192.168.68.0/22", "192.168.64.0/25"))
    ),
    Row(
        "local networks of another OpenStack are apart anyway",
        {
            **_ON_PROVIDER,
            "environments.test": _second({**PROVIDER, "physical_network": "second"}, "192.168.64.0/22"),
        },
        {"environments.test": _second({**_VRACK, "vlan": 1702}, "192.168.64.0/22")},
        ("environments.test.local_cidr = '192.168.64.0/22'",),
    ),
]
PLACE = [
    Row(
        "a known environment",
        {"environment": "production"},
        {"environment": "staging"},
        ("environment = 'staging'", "must be one of production"),
    ),
    Row(
        "an environment's name",
        {"environment": "production"},
        {"environment": "Production"},
        ("environment = 'Production'", "must be a short name of a-z, 0-9 and -"),
    ),
    Row("a known site", {"site": "gra"}, {"site": "rbx"}, ("site = 'rbx'", "must be one of gra, sbg, witness")),
    Row(
        "another OpenStack's region",
        {"region": "RegionOne", "env.backbone": PROVIDER},
        {"region": "RegionOne"},
        ("region = 'RegionOne'", "must be a compute region of OVHcloud, such as GRA11"),
    ),
    Row(
        "a zone is named once",
        {"availability_zones": ["a", "b"]},
        {"availability_zones": ["a", "b", "a"]},
        ("availability_zones = 'a'", "stands there twice"),
    ),
    Row(
        "one region",
        {},
        {},
        ("region = 'GRA11'", "OS_REGION_NAME is SBG7: unset it, or make it GRA11"),
        accepted_region="GRA11",
        refused_region="SBG7",
    ),
]
SERVERS = [
    *(
        Row(
            f"a flavor for {role}",
            {f"flavors.{role}": "b3-8"},
            {f"flavors.{role}": None},
            (f"flavors.{role}", f"is needed: site {stack} has servers of role {role}"),
            stack=stack,
        )
        for stack, role in (("gra", "edge"), ("gra", "meeting"), ("sbg", "redis"), ("witness", "witness"))
    ),
    Row(
        "flavors are for roles",
        {"flavors.witness": "d2-2"},
        {"flavors.database": "d2-2"},
        ("flavors.database", "'database'", "'edge', 'meeting', 'redis' or 'witness'"),
    ),
    Row(
        "an image id",
        {},
        {"image.id": None},
        ("image.id", "is needed: `make images STACK=sbg` looks it up"),
        stack="sbg",
    ),
    Row(
        "a role's image id",
        {"images.edge": {"name": "Own", "id": "1" * 8 + "-1111" * 3 + "-" + "1" * 12}},
        {"images.edge": {"name": "Own"}},
        ("images.edge.id", "is needed: `make images STACK=gra` looks it up"),
    ),
    Row(
        "no placeholder for the server's image",
        {f"{CONTAINER}.image": f"docker.io/organisation/meeting@{DIGEST}"},
        {f"{CONTAINER}.image": f"docker.io/organisation/meeting@sha256:{'0' * 64}"},
        (f"{_E}.meeting.delivery.image = ", "is a placeholder: name your image by its digest"),
    ),
    Row(
        "the server's own secrets are JSON",
        {"meeting_config": '{"auth": {"lti": {"consumerSecret": "confidential"}}}'},
        {"meeting_config": "{'auth': 'confidential'}"},
        ("meeting_config: must be JSON: ",),
    ),
    Row(
        "the server's own secrets are keys",
        {"meeting_config": "{}"},
        {"meeting_config": '["confidential"]'},
        ("meeting_config: must be keys of config.js",),
    ),
    Row(
        "the server's own secrets are not ours",
        {"meeting_config": '{"mediasoup": {"numWorkers": 1}}'},
        {"meeting_config": '{"mediasoup": {"worker": {"rtcMinPort": 1}}}'},
        ("meeting_config.mediasoup.worker.rtcMinPort: is set by this program",),
    ),
    *(
        Row(
            f"no certificate for {domain}",
            {**OWN_CERTIFICATE, "env.domain": domain},
            {"env.domain": domain},
            (f"{_E}.domain = '{domain}'", "is reserved for documentation (RFC 2606)"),
        )
        for domain in ("meeting.example.com", "meeting.example.org", "meeting.test", "meeting.example")
    ),
    Row(
        "a private authority certifies any domain",
        PRIVATE_AUTHORITY | {"env.domain": "meeting.test"},
        {"env.domain": "meeting.test"},
        (f"{_E}.domain = 'meeting.test'", "is reserved for documentation (RFC 2606)"),
    ),
]
SECRET_KEYS_NEEDED = [
    *(
        Row(f"{key} is there", {}, {key: None}, (f"{key}: is missing", "`make secrets` makes it for all stacks"))
        for key in SECRETS
        if key != "redis_fleet_password"  # an environment of before has one of them
    ),
    *(
        Row(
            f"{key} comes with the certificate",
            OWN_CERTIFICATE,
            {**OWN_CERTIFICATE, key: None},
            (f"{key}: is needed: the edge's certificate is your own", f"pulumi config set --secret {key} --stack gra"),
        )
        for key in ("edge_certificate", "edge_key")
    ),
    Row(
        "a registry's user has a password",
        {f"{CONTAINER}.registry_user": "reader", "registry_password": "p"},
        {f"{CONTAINER}.registry_user": "reader"},
        ("registry_password: is needed: a registry user is set", "pulumi config set --secret registry_password"),
    ),
]
ROWS = [*WIRES, *PLACE, *SERVERS, *SECRET_KEYS_NEEDED]
