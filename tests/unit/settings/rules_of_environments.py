"""Rules that look at several values of an environment."""

import json

from settings.passed_through import OWN_KEYS
from tests.configuration import OPERATOR_KEY
from tests.unit.settings.rule_table import DIGITS, RELAY, Row

_E = "environments.production"
_PROXY = {"env.redis": {"access": "proxy"}}
_OTHER = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f you"
_PERSONS = {"cidrs": ["198.51.100.7/32"], "ssh_public_key": OPERATOR_KEY}


def _nested(key: str, value: object) -> object:
    """A mapping of mappings with the value at the dotted key."""
    first, _, rest = key.partition(".")
    return {first: _nested(rest, value) if rest else value}


def _public(tag: str) -> str:
    return f"docker.io/edumeet/edumeet{tag}@sha256:{DIGITS}"


_SITE = {"role": "witness", "block": "10.17.3.0/24"}

TOPOLOGY = [
    Row(
        "two sites at least",
        {"env.sites.witness": None},
        {"env.sites.witness": None, "env.sites.sbg": None},
        (f"{_E}.sites", "must name 2 or more"),
    ),
    Row(
        "site names",
        {"env.sites.rbx": _SITE, "env.sites.witness": None},
        {"env.sites.Third": _SITE},
        (f"{_E}.sites.Third", "'Third'", "must be a short name"),
    ),
    Row(
        "a primary",
        {},
        {"env.sites.gra.role": "witness", "env.sites.witness": None},
        (f"{_E}.sites = 'primary: none'", "exactly one site must be primary"),
    ),
    Row(
        "one primary",
        {},
        {"env.sites.sbg.role": "primary"},
        (f"{_E}.sites = 'primary: gra, sbg'", "exactly one site must be primary"),
    ),
    Row(
        "one secondary",
        {},
        {"env.sites.rbx": {"role": "secondary", "block": "10.17.3.0/24"}},
        (f"{_E}.sites = 'secondary: sbg, rbx'", "exactly one site must be secondary"),
    ),
    Row(
        "one witness",
        {"env.sites.witness": None, "env.sites.rbx": _SITE},
        {"env.sites.rbx": _SITE},
        (f"{_E}.sites = 'witness: witness, rbx'", "at most one site may be witness"),
    ),
    Row(
        "a service site has nodes",
        {"env.sites.sbg.meeting_nodes": 1},
        {"env.sites.sbg.meeting_nodes": 0},
        (f"{_E}.sites.sbg.meeting_nodes = 0", "must be 1 or more on a service site"),
    ),
    Row(
        "a witness has none",
        {"env.sites.witness.meeting_nodes": 0},
        {"env.sites.witness.meeting_nodes": 1},
        (f"{_E}.sites.witness.meeting_nodes = 1", "a witness runs no meeting node"),
    ),
]
ADDRESSES = [
    Row(
        "blocks are disjoint",
        {"env.sites.sbg.block": "10.17.3.0/24"},
        {"env.sites.sbg.block": "10.17.0.128/25"},
        (f"{_E}.sites.sbg.block = '10.17.0.128/25'", "must not overlap gra's block 10.17.0.0/24"),
    ),
    Row(
        "blocks hold the plan",
        {"env.sites.sbg.block": "10.17.1.0/26"},
        {"env.sites.sbg.block": "10.17.1.0/27"},
        (f"{_E}.sites.sbg.block = '10.17.1.0/27'", "is too small: /26 or larger holds the address plan"),
    ),
    Row(
        "blocks lie in the backbone",
        {"env.sites.sbg.block": "10.17.3.0/24"},
        {"env.sites.sbg.block": "10.18.1.0/24"},
        (f"{_E}.sites.sbg.block = '10.18.1.0/24'", "must lie inside the backbone's 10.17.0.0/22"),
    ),
    Row(
        "nodes fit the block",
        {"env.sites.sbg.block": "10.17.1.0/26", "env.sites.sbg.meeting_nodes": 16},
        {"env.sites.sbg.block": "10.17.1.0/26", "env.sites.sbg.meeting_nodes": 17},
        (f"{_E}.sites.sbg.meeting_nodes = 17", "10.17.1.0/26 has places for 16 meeting nodes"),
    ),
    Row(
        "local is not the backbone",
        {"env.local_cidr": "10.18.0.0/24"},
        {"env.local_cidr": "10.17.3.0/24"},
        (f"{_E}.local_cidr = '10.17.3.0/24'", "must not overlap the backbone's 10.17.0.0/22"),
    ),
]
PORTS = [
    *(
        Row(
            f"the WebRTC range does not hold the {port}",
            {"env.meeting.rtc_ports": {"min": first, "max": number - 1}},
            {"env.meeting.rtc_ports": {"min": first, "max": number}},
            (f"{_E}.meeting.rtc_ports = '{first}-{number}'", f"must not hold {number}, the server's {port}"),
        )
        for port, first, number in (
            ("redirect_port", 2000, 3080),
            ("listening_port", 3100, 3443),
            ("exporter_port", 8000, 8889),
        )
    ),
    Row(
        "the WebRTC range does not hold the load's port",
        {"env.meeting.rtc_ports": {"min": 8891, "max": 9000}},
        {"env.meeting.rtc_ports": {"min": 8890, "max": 9000}},
        (f"{_E}.meeting.rtc_ports = '8890-9000'", "must not hold 8890, the server's load_port"),
    ),
    Row(
        "the server listens where nobody asks for the load",
        {"env.meeting.listening_port": 8891},
        {"env.meeting.listening_port": 8890},
        (f"{_E}.meeting.listening_port = 8890", "must differ from 8890: edges ask for the node's load there"),
    ),
    Row(
        "the WebRTC range is one",
        {"env.meeting.rtc_ports": {"min": 40_000, "max": 40_500}},
        {"env.meeting.rtc_ports": {"min": 40_500, "max": 40_000}},
        (f"{_E}.meeting.rtc_ports = '40500-40000'", "min must be below max"),
    ),
    Row(
        "the WebRTC range is not the system's",
        {"env.meeting.rtc_ports": {"min": 1024, "max": 2000}},
        {"env.meeting.rtc_ports": {"min": 1023, "max": 2000}},
        (f"{_E}.meeting.rtc_ports.min = 1023", "must be 1024 or more"),
    ),
    Row(
        "listeners differ",
        {"env.meeting.listening_port": 3081},
        {"env.meeting.listening_port": 3080},
        (f"{_E}.meeting.listening_port = 3080", "must differ from 3080: the server listens there too"),
    ),
]
REST = [
    *(
        Row(
            f"config.{key} is ours",
            {f"env.meeting.config.{key}Other": 1},
            {f"env.meeting.config.{key}": 1},
            (f"{_E}.meeting.config.{key}", "is set by this program and cannot be passed through"),
        )
        for key in sorted(OWN_KEYS)
    ),
    *(
        Row(
            f"config.{key} does not hide what is ours",
            {f"env.meeting.config.{key}": {"other": 1}},
            {f"env.meeting.config.{key}": value},
            (f"{_E}.meeting.config.{key}", "is set by this program and cannot be passed through"),
        )
        for key, value in (("mediasoup", []), ("mediasoup.worker", 1), ("mediasoup.webRtcTransport", "none"))
    ),
    *(
        Row(
            f"config.{key} is not in clear",
            {"meeting_config": json.dumps(_nested(key, "confidential"))},
            {f"env.meeting.config.{key}": "confidential"},
            (f"{_E}.meeting.config.{key}", "looks like a secret", "put it into the secret meeting_config"),
        )
        for key in (
            "auth.oidc.clientOptions.client_secret",
            "auth.lti.consumerSecret",
            "auth.saml.privateCert",
            "auth.saml.decryptionPvk",
            "auth.local.passphrase",
            "turnAPIKey",
            "accessToken",
        )
    ),
    Row(
        "a text that is a key is not in clear",
        {"env.meeting.config.auth.saml.cert": "-----BEGIN CERTIFICATE-----"},
        {"env.meeting.config.auth.saml.signing": "-----BEGIN PRIVATE KEY-----"},
        (f"{_E}.meeting.config.auth.saml.signing", "looks like a secret"),
    ),
    Row(
        "config holds no credentials in an address",
        {"env.meeting.config.turnAPIURI": "https://turn.organisation.fr/api"},
        {"env.meeting.config.turnAPIURI": "https://user:pw@turn.organisation.fr/api"},
        (f"{_E}.meeting.config.turnAPIURI", "looks like a secret"),
    ),
    Row(
        "what is below a list is looked at too",
        {"env.meeting.config.auth.local.users": [{"username": "a"}]},
        {"env.meeting.config.auth.local.users": [{"username": "a", "passwordHash": "x"}]},
        (f"{_E}.meeting.config.auth.local.users.0.passwordHash", "looks like a secret"),
    ),
    Row(
        "what visitors read holds no secret",
        {"env.meeting.web_config.title": "Réunions"},
        {"env.meeting.web_config.apiToken": "confidential"},
        (f"{_E}.meeting.web_config.apiToken", "looks like a secret, and every visitor reads it"),
    ),
    *(
        Row(
            f"{server} knows no {what}",
            {"env.meeting.server": server, "env.redis": {"access": "proxy"}},
            {"env.meeting.server": server, "env.redis": redis},
            (f"{_E}.redis.", f"meeting.server {server} knows no {what}"),
        )
        for server in ("edumeet-3.4", "edumeet-3.5")
        for what, redis in (("Sentinel", {"access": "sentinel"}), ("Redis Cluster", {"mode": "cluster"}))
    ),
    *(
        Row(
            f"{server} leaves TLS of Redis to the proxy",
            {"env.meeting.server": server, "env.redis": {"access": "proxy", "tls": True}},
            {"env.meeting.server": server, "env.redis": {"access": "plain", "tls": True}},
            (
                f"{_E}.redis.tls = True",
                f"meeting.server {server} has TLS to Redis through a proxy alone: take access proxy, or tls false",
            ),
        )
        for server in ("edumeet-3.4", "edumeet-3.5")
    ),
    *(
        Row(
            f"the public image {tag or 'without a tag'} is no {server}",
            {**_PROXY, "env.meeting.server": right, "env.meeting.delivery.image": _public(tag)},
            {**_PROXY, "env.meeting.server": server, "env.meeting.delivery.image": _public(tag)},
            (f"{_E}.meeting.delivery.image", "is upstream's public image", f"meeting.server is {server}"),
        )
        for right, server, tag in (
            ("edumeet-3.4", "multiparty-meeting", ""),
            ("edumeet-3.5", "edumeet-3.4", ":3.5.6"),
            ("edumeet-3.4", "edumeet-3.5", ":3.4.0"),
            ("edumeet-3.5", "multiparty-meeting", ":3.5-stable"),
        )
    ),
    Row(
        "operators have a key",
        {"env.operators.cidrs": ["198.51.100.7/32"], "env.operators.ssh_public_key": OPERATOR_KEY},
        {"env.operators.cidrs": ["198.51.100.7/32"]},
        (f"{_E}.operators.ssh_public_key", "is needed with operators.cidrs: nobody could log in"),
    ),
    Row(
        "persons log in from somewhere",
        {
            "env.operators.cidrs": ["198.51.100.7/32"],
            "env.operators.ssh_public_key": OPERATOR_KEY,
            "env.operators.ssh_public_keys": [OPERATOR_KEY, _OTHER],
        },
        {"env.operators.ssh_public_keys": [OPERATOR_KEY]},
        (f"{_E}.operators.ssh_public_keys", "needs operators.cidrs: port 22 is closed"),
    ),
    Row(
        "a person's key is named once",
        {"env.operators": _PERSONS | {"ssh_public_keys": [OPERATOR_KEY]}},
        {"env.operators": _PERSONS | {"ssh_public_keys": [OPERATOR_KEY, f"{OPERATOR_KEY} at home"]}},
        (f"{_E}.operators.ssh_public_keys = '{OPERATOR_KEY.rpartition(' ')[0]}'", "is named twice"),
    ),
    Row(
        "operators are not everybody",
        {"env.operators": {"cidrs": ["198.51.100.0/24"], "ssh_public_key": OPERATOR_KEY}},
        {"env.operators": {"cidrs": ["0.0.0.0/0"], "ssh_public_key": OPERATOR_KEY}},
        (f"{_E}.operators.cidrs = '0.0.0.0/0'", "must not be the whole Internet"),
    ),
    Row(
        "operators' networks are named once",
        {"env.operators": {"cidrs": ["198.51.100.7/32", "198.51.100.8/32"], "ssh_public_key": OPERATOR_KEY}},
        {"env.operators": {"cidrs": ["198.51.100.7/32", "198.51.100.7/32"], "ssh_public_key": OPERATOR_KEY}},
        (f"{_E}.operators.cidrs = '198.51.100.7/32'", "is named twice"),
    ),
    Row(
        "TURN has a credential",
        {"env.meeting.turn": [RELAY], "turn_credential": "t"},
        {"env.meeting.turn": [RELAY]},
        ("turn_credential: is needed: TURN servers are set", "pulumi config set --secret turn_credential --stack gra"),
    ),
]
EXPIRY = [
    Row(
        "production does not expire",
        {"env.kind": "test", "env.expires": "2026-11-24T02:00Z"},
        {"env.expires": "2026-11-24T02:00Z"},
        (f"{_E}.expires = '2026-11-24T02:00Z'", "is for kind test alone"),
    ),
    Row(
        "an expiry is a time",
        {"env.kind": "test", "env.expires": "2028-02-29T23:59Z"},
        {"env.kind": "test", "env.expires": "2026-02-29T02:00Z"},
        (f"{_E}.expires = '2026-02-29T02:00Z'", "must be a time in UTC such as 2026-11-24T02:00Z"),
    ),
]
REDIS = [
    Row(
        "a cluster has three sites",
        {"env.redis": {"mode": "cluster"}},
        {"env.redis": {"mode": "cluster"}, "env.sites.witness": None},
        (f"{_E}.redis.mode = 'cluster'", "needs three sites"),
    ),
    Row(
        "access is Sentinel's",
        {"env.redis": {"access": "proxy"}},
        {"env.redis": {"mode": "cluster", "access": "proxy"}},
        (f"{_E}.redis.access: unknown key here",),
    ),
    Row(
        "TLS is Sentinel's",
        {"env.redis": {"tls": True}},
        {"env.redis": {"mode": "cluster", "tls": True}},
        (f"{_E}.redis.tls = True", "is for mode sentinel alone: a cluster's nodes speak in clear; take it out"),
    ),
]
ROWS = [*TOPOLOGY, *ADDRESSES, *PORTS, *REDIS, *EXPIRY, *REST]
