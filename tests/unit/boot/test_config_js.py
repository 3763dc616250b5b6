"""config.js, loaded by Node as the meeting server loads it, and held against the requirements' values."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from boot.document import render
from boot.meeting.config_js import OWN_FILE, config_js, deployment
from boot.meeting.meeting import meeting_node
from tests.configuration import SECRETS, settings
from tests.unit.boot.golden import ANNOUNCED_IP, MORE_SECRETS
from tests.unit.disk import files, program

# The requirements' table: its names, its values. The address is the node's own, the secret the one of all instances.
REQUIRED = {
    "behindReverseProxy": True,
    "httpOnly": False,
    "listeningPort": 3443,
    "mediasoup.webRtcTransport.listenIps": [{"ip": "0.0.0.0", "announcedIp": str(ANNOUNCED_IP)}],
    "mediasoup.worker.rtcMinPort": 40000,
    "mediasoup.worker.rtcMaxPort": 49999,
    "redisOptions.sentinels": [
        {"host": "redis-sentinel-gra", "port": 26379},
        {"host": "redis-sentinel-sbg", "port": 26379},
        {"host": "redis-sentinel-witness", "port": 26379},  # the third voter, which the requirements have not
    ],
    "redisOptions.name": "mymaster",
    "cookieSecret": SECRETS["cookie_secret"],
    "cookieName": "multiparty-meeting.sid",
}
# What makes ioredis follow a failover within a second, and what upstream's server reads in the requirements' place.
BESIDE_THEM = {
    "redisOptions.password": SECRETS["redis_password"],
    "redisOptions.sentinelPassword": SECRETS["redis_password"],
    "redisOptions.updateSentinels": False,
    "redisOptions.connectTimeout": 400,
    "redisOptions.sentinelCommandTimeout": 400,
    "redisOptions.socketTimeout": 400,
    "redisOptions.maxRetriesPerRequest": None,
    "redisOptions.retryStrategy": 100,
    "trustProxy": ["10.17.0.4", "10.17.1.4"],
    "tls.cert": "/etc/multiparty-meeting/tls/fleet.pem",
    "tls.key": "/etc/multiparty-meeting/tls/fleet.key",
    "listeningRedirectPort": 3080,
    "prometheus.listen": "10.17.0.64",
    "prometheus.port": 8889,
    "prometheus.deidentify": True,
}
EXAMPLE = """
module.exports = {
  title: 'Example',
  listeningPort: 443,
  cookieSecret: 'example',
  loginEnabled: false,
  activateOnHostJoin() { return 'a function of the example'; },
  redisOptions: {},
  turnAPIURI: 'https://example.com/api/turn',
  turnAPIKey: 'examplekey',
  backupTurnServers: [{ urls: ['turn:turn.organisation.fr'] }],
  fileTracker: 'wss://tracker.organisation.fr',
  mediasoup: {
    numWorkers: 4,
    worker: { logLevel: 'debug', logTags: ['ice', 'dtls'], rtcMinPort: 1, rtcMaxPort: 2 },
    router: { mediaCodecs: [{ kind: 'audio' }] },
    webRtcTransport: { listenIps: [{ ip: '1.1.1.1' }, { ip: '2.2.2.2' }], maxIncomingBitrate: 1500000 },
  },
};
"""


def _load(name: str, directory: Path, *, example: bool = False) -> dict[str, Any]:
    """The configuration as Node sees it, functions shown by what they return."""
    if example:
        (directory / "config.example.js").write_text(EXAMPLE)
    return _read(files(name)["/etc/multiparty/meeting/config.js"], directory)


def _read(text: str, directory: Path) -> dict[str, Any]:
    """The same of a text."""
    config = directory / "config.js"
    config.write_text(text)
    show = "JSON.stringify(require(process.argv[1]), (key, value) => typeof value === 'function' ? value() : value)"
    command = [program("node", "nodejs"), "-e", f"process.stdout.write({show})", str(config)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    loaded: dict[str, Any] = json.loads(done.stdout)
    return loaded


def _at(config: dict[str, Any], key: str) -> object:
    found: Any = config
    for part in key.split("."):
        assert part in found, f"no {key}: {found}"
        found = found[part]
    return found


@pytest.mark.parametrize("name", ["gra-meeting-container", "gra-meeting-archive", "gra-meeting-everything"])
@pytest.mark.parametrize("example", [False, True], ids=["alone", "beside the example"])
def test_the_server_gets_the_values_of_the_seed(name: str, example: bool, tmp_path: Path) -> None:
    """Key by key, whether the server ships an example with other values or none at all."""
    config = _load(name, tmp_path, example=example)
    for key, value in (REQUIRED | BESIDE_THEM).items():
        assert _at(config, key) == value, key


@pytest.mark.parametrize(("name", "host"), [("gra-meeting-plain", "redis-gra"), ("gra-meeting-proxy", "127.0.0.1")])
def test_other_ways_to_redis_are_one_address(name: str, host: str, tmp_path: Path) -> None:
    """The requirements' commented alternative, for clients that know no Sentinel: host and port, and the password."""
    options = _load(name, tmp_path)["redisOptions"]
    assert (options.pop("maxRetriesPerRequest"), options.pop("retryStrategy")) == (None, 100)
    assert options == {"host": host, "port": 6379, "password": SECRETS["redis_password"]}


def test_a_cluster_is_named_by_its_nodes(tmp_path: Path) -> None:
    """The arguments of ioredis' `Redis.Cluster`: home nodes and guests of all three sites, and the options."""
    options = _load("gra-meeting-cluster", tmp_path)["redisOptions"]
    hosts = ("redis-gra", "redis-sbg", "redis-witness")
    assert options.pop("cluster") == [{"host": host, "port": port} for port in (6379, 6380) for host in hosts]
    assert options.pop("redisOptions") == {"password": SECRETS["redis_password"], "connectTimeout": 1000}
    assert options == {"slotsRefreshInterval": 1000, "retryDelayOnFailover": 1000}


@pytest.mark.parametrize("beside", ["next", "previous"])
def test_redis_is_spoken_to_by_tls_in_the_clients_own_words(beside: str, tmp_path: Path) -> None:
    """ioredis', for each way that it goes; with every certificate that is taken while the fleet's is rotated. A proxy's
    client is told of none.
    """
    shown = tmp_path / "fleet.pem"
    given = {"env.redis.tls": True, f"fleet_certificate_{beside}": "another certificate\n"}

    node = yaml.safe_load(render(meeting_node(settings("gra", given), 1, ANNOUNCED_IP)))
    (own,) = [file for file in node["write_files"] if file["path"] == "/etc/multiparty/meeting/fleet.pem"]
    shown.write_text(own["content"])
    assert shown.read_text() == f"{SECRETS['fleet_certificate']}\nanother certificate\n"

    def options(changes: dict[str, Any]) -> dict[str, Any]:
        text = config_js(settings("gra", given | changes), 1, ANNOUNCED_IP).replace(
            str(BESIDE_THEM["tls.cert"]), str(shown)
        )
        found: dict[str, Any] = _read(text, tmp_path)["redisOptions"]
        return found

    trusted = {"type": "Buffer", "data": [*shown.read_bytes()]}
    tls = {"ca": trusted, "servername": "fleet.multiparty-meeting.internal"}
    followed = options({})
    assert (followed["tls"], followed["sentinelTLS"], followed["enableTLSForSentinelMode"]) == (tls, tls, True)
    assert options({"env.redis.access": "plain"})["tls"] == tls
    assert "tls" not in options({"env.redis.access": "proxy"})


def test_the_example_fills_in_the_rest(tmp_path: Path) -> None:
    """Mapping by mapping: a block of ours replaces no block of the example's; lists are ours alone."""
    config = _load("gra-meeting-container", tmp_path, example=True)
    assert config["title"] == "Example"
    assert config["loginEnabled"] is False
    assert config["activateOnHostJoin"] == "a function of the example"
    assert config["mediasoup"]["numWorkers"] == 4
    assert config["mediasoup"]["router"] == {"mediaCodecs": [{"kind": "audio"}]}
    assert config["mediasoup"]["worker"]["logTags"] == ["ice", "dtls"]
    assert config["mediasoup"]["webRtcTransport"]["maxIncomingBitrate"] == 1500000


def test_what_the_operator_passes_through_arrives(tmp_path: Path) -> None:
    """`meeting.config` stands above the example and below what is required, mapping by mapping, in any alphabet."""
    config = _load("gra-meeting-everything", tmp_path, example=True)
    assert config["title"] == "Réunions"
    assert config["mediasoup"]["worker"] == {
        "logLevel": "warn",
        "logTags": ["ice", "dtls"],
        "rtcMinPort": 40000,
        "rtcMaxPort": 49999,
    }


def test_turn_servers_have_the_credential(tmp_path: Path) -> None:
    """By the name that the server reads; without TURN the key is left out: a placeholder would have Firefox relay."""
    config = _load("gra-meeting-everything", tmp_path)
    assert config["backupTurnServers"] == [
        {
            "urls": ["turn:turn.organisation.fr:3478?transport=udp"],
            "username": "meeting",
            "credential": MORE_SECRETS["turn_credential"],
        }
    ]
    assert not {"turn", "backupTurnServers"} & _load("gra-meeting-container", tmp_path).keys()


def test_the_examples_placeholders_are_taken_out(tmp_path: Path) -> None:
    """Of TURN alone; a server of the build's own stays, as its tracker does."""
    config = _load("gra-meeting-container", tmp_path, example=True)
    assert not {"turnAPIURI", "turnAPIKey"} & config.keys()
    assert config["backupTurnServers"] == [{"urls": ["turn:turn.organisation.fr"]}]
    assert config["fileTracker"] == "wss://tracker.organisation.fr"


def test_the_servers_own_secrets_and_file_reach_it(tmp_path: Path) -> None:
    """Laid upon `meeting.config`, the file last; none of them upon what this program sets."""
    secret: dict[str, Any] = {
        "auth": {"oidc": {"clientOptions": {"client_secret": "confidential"}}},
        "title": "secret's",
    }
    own = "module.exports = { userMapping() { return 'mapped'; }, title: 'own', cookieName: 'own', tls: { cert: 1 } };"
    given = settings(
        "gra",
        {
            "env.meeting.config": {"title": "clear", "auth": {"strategy": "oidc"}},
            "meeting_config": json.dumps(secret),
            "meeting_config_file": own,
        },
    )
    (tmp_path / OWN_FILE).write_text(own)
    config = _read(config_js(given, 1, ANNOUNCED_IP), tmp_path)
    assert config["auth"] == {"strategy": "oidc", **secret["auth"]}
    assert config["userMapping"] == "mapped"
    assert (config["title"], config["cookieName"]) == ("own", REQUIRED["cookieName"])
    assert config["tls"] == {"cert": BESIDE_THEM["tls.cert"], "key": BESIDE_THEM["tls.key"]}
    (tmp_path / OWN_FILE).unlink()
    assert _read(config_js(given, 1, ANNOUNCED_IP), tmp_path)["title"] == "secret's"


def test_each_node_listens_for_metrics_on_its_own_address(tmp_path: Path) -> None:
    """The second node of the other site differs from the first in what is its own, and shares the rest."""
    second = _load("sbg-meeting-second", tmp_path)
    assert second["prometheus"]["listen"] == "10.17.1.65"
    shared = {key: value for key, value in REQUIRED.items() if not key.startswith("mediasoup")}
    assert {key: _at(second, key) for key in shared} == shared


@pytest.mark.parametrize("beside", ["next", "previous"])
def test_both_cookie_secrets_are_accepted_while_one_is_rotated(beside: str) -> None:
    """A list, whose first member signs: express-session's form; one alone stays the requirements' string."""
    given = {"cookie_secret": "now", f"cookie_secret_{beside}": "other"}
    assert deployment(settings("gra", given), 1, ANNOUNCED_IP)["cookieSecret"] == ["now", "other"]
    assert deployment(settings("gra"), 1, ANNOUNCED_IP)["cookieSecret"] == SECRETS["cookie_secret"]
