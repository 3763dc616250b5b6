"""The edges' Caddyfiles, judged by the very Caddy that edges run, and held against the requirements' block."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from boot.edge.haproxy_cfg import PAGE_PATH
from fleet.certificates import self_signed
from lab.engine import EngineError, gotools
from settings.secrets import FLEET_NAME
from tests.conftest import skip_or_fail
from tests.unit.boot.golden import CASES
from tests.unit.disk import pushed

ROOMS = "unix//run/haproxy/rooms.sock"
EDGES = [name for name in CASES if "edge" in name]
# Several nodes, or the edge's own site first.
OTHER_UPSTREAMS = ("gra-edge-two-nodes", "sbg-edge-geographic", "sbg-edge-dns", "sbg-edge-relay")
SECOND = 1_000_000_000
# Said of the site that passes challenges on and redirects: it is meant to be so.
# That a relay's node is known by its certificate is what Caddy tells of, and what is meant.
_MEANT = ("server is listening only on the HTTP port", "enabling strict SNI-Host enforcement")
# The failover block of the requirements, to the letter.
REQUIRED = """
meeting.example.com {
    reverse_proxy gra-instance:3443 sbg-instance:3443 {
        lb_policy first

        health_uri /health
        health_interval 10s
        health_timeout 5s
        health_status 200

        fail_duration 30s
        max_fails 3

        header_up X-Forwarded-Proto {scheme}
        header_up X-Forwarded-Host {host}
        header_up X-Real-IP {remote_host}
    }
}
"""


@pytest.fixture(scope="module")
def caddy() -> Path:
    """Caddy 2.11, built from its module unless it is in the cache."""
    try:
        return gotools.build("caddy")
    except EngineError as error:
        skip_or_fail(f"Caddy cannot be built: {error}")


def _run(caddy: Path, command: str, text: str, home: Path) -> tuple[str, str]:
    config = home / "Caddyfile"
    config.write_text(text)
    environment = {**os.environ, "HOME": str(home), "XDG_DATA_HOME": str(home), "XDG_CONFIG_HOME": str(home)}
    full = [str(caddy), command, "--adapter", "caddyfile", "--config", str(config)]
    done = subprocess.run(full, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout, done.stderr


def _caddyfile(name: str, home: Path) -> str:
    """An edge's Caddyfile, its certificates real ones in `home`."""
    pairs = (("fleet.pem", "fleet.key"), ("edge.pem", "edge.key"), ("acme-roots.pem", "acme-roots.key"))
    for certificate, key in pairs:
        pair = self_signed("meeting.organisation.fr")
        (home / certificate).write_text(pair.certificate)
        (home / key).write_text(pair.key)
        (home / "peers.pem").write_text(f"{pair.certificate}\n{pair.key}")
    text = pushed(name)["/etc/multiparty/caddy/Caddyfile"]
    assert "/etc/multiparty/tls/fleet.pem" in text
    return text.replace("/etc/multiparty/tls", str(home)).replace("/run/caddy", str(home))


def _handlers(tree: object, kind: str) -> Iterator[dict[str, Any]]:
    """The handlers of one kind anywhere in an adapted configuration, in its order."""
    if isinstance(tree, dict):
        if tree.get("handler") == kind:
            yield tree
        for inner in tree.values():
            yield from _handlers(inner, kind)
    elif isinstance(tree, list):
        for inner in tree:
            yield from _handlers(inner, kind)


def _adapted(caddy: Path, text: str, home: Path) -> dict[str, Any]:
    adapted: dict[str, Any] = json.loads(_run(caddy, "adapt", text, home)[0])
    return adapted


def _balancer(adapted: dict[str, Any]) -> dict[str, Any]:
    """The one proxy that counts what fails at the instances: the requirements'."""
    checks = [(proxy, proxy.get("health_checks", {})) for proxy in _handlers(adapted, "reverse_proxy")]
    (found,) = [proxy for proxy, check in checks if "active" in check and "fail_duration" in check["passive"]]
    return found


@pytest.mark.parametrize("name", EDGES)
def test_caddy_accepts_the_caddyfile(name: str, caddy: Path, tmp_path: Path) -> None:
    """It parses, every module provisions, certificates load; nothing is warned of."""
    text = _caddyfile(name, tmp_path)
    for command in ("adapt", "validate"):
        _, said = _run(caddy, command, text, tmp_path)
        loud = [line for line in said.splitlines() if '"level":"warn"' in line or '"level":"error"' in line]
        assert not [line for line in loud if not any(words in line for words in _MEANT)]


@pytest.mark.parametrize("name", EDGES)
def test_the_edge_balances_as_the_seed_says(name: str, caddy: Path, tmp_path: Path) -> None:
    """Policy, health check and passive checks are what Caddy makes of the requirements' own block.

    The requirements' X-Forwarded headers are not there: Caddy sets them by itself, and warns when they are set again.
    """
    own = _balancer(_adapted(caddy, _caddyfile(name, tmp_path), tmp_path))
    block = "".join(line for line in REQUIRED.splitlines(keepends=True) if "X-Forwarded" not in line)
    required = _balancer(_adapted(caddy, block, tmp_path))
    assert required["health_checks"]["active"] == {
        "uri": "/health",
        "interval": 10 * SECOND,
        "timeout": 5 * SECOND,
        "expect_status": 200,
    }
    assert required["health_checks"]["passive"] == {"fail_duration": 30 * SECOND, "max_fails": 3}
    assert own["health_checks"] == required["health_checks"]
    assert (
        own["load_balancing"]["selection_policy"]
        == required["load_balancing"]["selection_policy"]
        == {"policy": "first"}
    )
    wanted = required["headers"]["request"]["set"]
    assert wanted and wanted.items() <= own["headers"]["request"]["set"].items()
    if name not in OTHER_UPSTREAMS:
        assert own["upstreams"] == required["upstreams"]


@pytest.mark.parametrize(
    ("name", "order"),
    [
        ("sbg-edge", ["gra-instance", "sbg-instance"]),
        ("sbg-edge-dns", ["sbg-instance", "gra-instance"]),
        ("gra-edge-two-nodes", ["gra-instance", "10.17.0.65", "sbg-instance", "10.17.1.65"]),
        ("sbg-edge-geographic", ["sbg-instance", "10.17.1.65", "gra-instance", "10.17.0.65"]),
    ],
)
def test_instances_stand_site_by_site(name: str, order: list[str], caddy: Path, tmp_path: Path) -> None:
    """As `first` takes them in their order: the primary's before the others, or with other routing the edge's own."""
    own = _balancer(_adapted(caddy, _caddyfile(name, tmp_path), tmp_path))
    assert [upstream["dial"] for upstream in own["upstreams"]] == [f"{host}:3443" for host in order]


@pytest.mark.parametrize("name", EDGES)
def test_what_belongs_to_a_room_goes_to_the_room_table(name: str, caddy: Path, tmp_path: Path) -> None:
    """Signalling and the login's round trip, before the requirements' block; without affinity that takes everything."""
    adapted = _adapted(caddy, _caddyfile(name, tmp_path), tmp_path)
    table = [proxy for proxy in _handlers(adapted, "reverse_proxy") if _dials(proxy) == [ROOMS]]
    paths = [match["path"] for match in _matches(adapted) if "/socket.io/*" in match.get("path", ())]
    if name == "gra-edge-no-affinity":
        assert (table, paths) == ([], [])
        return
    health, rooms, rest, again = table
    assert paths == [
        ["/socket.io", "/socket.io/*", *(f"/auth/{way}{end}" for way in ("login", "callback") for end in ("", "/"))]
    ]
    assert rooms["headers"]["request"]["set"] == {
        "Host": ["{http.request.host}"],
        "X-Real-Ip": ["{http.request.remote.host}"],
    }
    assert rooms["load_balancing"]["try_duration"] == 15 * SECOND
    assert rooms["stream_close_delay"] == 12 * 3600 * SECOND
    assert rooms["transport"] == {"protocol": "http", "keep_alive": {"enabled": False}}
    assert {k: v for k, v in rest.items() if k != "load_balancing"} == {
        k: v for k, v in rooms.items() if k != "load_balancing"
    }
    assert rest["load_balancing"] == {"try_duration": 15 * SECOND}
    # A page that the requirements' block has no instance for.
    assert again["load_balancing"] == {**rooms["load_balancing"], "try_duration": 5 * SECOND}
    assert set(health) == {"handler", "upstreams"}


@pytest.mark.parametrize("name", EDGES)
def test_haproxy_is_asked_whether_there_may_be_another_page(name: str, caddy: Path, tmp_path: Path) -> None:
    """Right before the requirements' block, with nothing of the client's but the address; 429 alone is handed on."""
    adapted = _adapted(caddy, _caddyfile(name, tmp_path), tmp_path)
    proxies = list(_handlers(adapted, "reverse_proxy"))
    asked = [proxy for proxy in proxies if proxy.get("rewrite", {}).get("uri") == f"{PAGE_PATH}?"]
    if name == "gra-edge-no-affinity":
        assert asked == []
        return
    (question,) = asked
    assert proxies[proxies.index(question) + 1] == _balancer(adapted)
    assert _dials(question) == [ROOMS, "127.0.0.1:80"]
    headers = {"delete": ["*"], "set": {"X-Forwarded-For": ["{http.vars.client_ip}"]}}
    assert question["headers"] == {"request": headers}
    handed_on, everything = question["handle_response"]
    assert handed_on["match"] == {"status_code": [429]}
    assert everything == {}


def test_without_affinity_the_rest_knows_what_the_requirements_block_counted(caddy: Path, tmp_path: Path) -> None:
    """The same block, but that it counts nothing itself."""
    adapted = _adapted(caddy, _caddyfile("gra-edge-no-affinity", tmp_path), tmp_path)
    seed = _balancer(adapted)
    (rest,) = [proxy for proxy in _handlers(adapted, "reverse_proxy") if "upstreams" in proxy and proxy != seed][:1]
    assert rest["health_checks"].pop("passive") == {"max_fails": 3}
    assert seed["health_checks"].pop("passive") == {"fail_duration": 30 * SECOND, "max_fails": 3}
    assert rest == seed


@pytest.mark.parametrize("name", EDGES)
def test_an_edge_says_over_plain_http_whether_it_can_serve(name: str, caddy: Path, tmp_path: Path) -> None:
    """At a path of its own, which is not redirected: health checks of DNS servers speak plain HTTP."""
    adapted = _adapted(caddy, _caddyfile(name, tmp_path), tmp_path)
    (plain,) = [server for server in adapted["apps"]["http"]["servers"].values() if server["listen"] == [":80"]]
    (match,) = [match for match in _matches(plain) if match.get("path") == ["/edge-health"]]
    assert match
    (asked,) = [proxy for proxy in _handlers(plain, "reverse_proxy") if _dials(proxy) == ["127.0.0.1:443"]]
    trust = asked["transport"]["tls"]
    assert trust["server_name"] == "meeting.organisation.fr"
    assert ("insecure_skip_verify" in trust) == (name == "gra-edge-private-authority")
    assert ("ca" in trust) == (name == "gra-edge-provided-certificate")


@pytest.mark.parametrize("name", EDGES)
def test_instances_are_spoken_to_over_pinned_tls(name: str, caddy: Path, tmp_path: Path) -> None:
    """HTTPS, HTTP/1.1, the fleet's certificate for the fleet's name; never without verification."""
    adapted = _adapted(caddy, _caddyfile(name, tmp_path), tmp_path)
    own = _balancer(adapted)
    assert own["transport"] == {
        "protocol": "http",
        "versions": ["1.1"],
        "dial_timeout": SECOND,
        "keep_alive": {"enabled": False},
        "tls": {
            "ca": {"provider": "file", "pem_files": [str(tmp_path / "fleet.pem")]},
            "handshake_timeout": SECOND,
            "server_name": FLEET_NAME,
        },
    }
    assert own["headers"]["request"]["set"]["Host"] == ["{http.request.host}"]
    lasts = 5 * SECOND if name == "gra-edge-no-affinity" else SECOND // 2
    assert own["load_balancing"]["try_duration"] == lasts
    assert own["stream_close_delay"] == 12 * 3600 * SECOND
    proxies = [proxy for proxy in _handlers(adapted, "reverse_proxy") if _dials(proxy) != ["127.0.0.1:443"]]
    assert "insecure_skip_verify" not in json.dumps(proxies)


def test_acme_challenges_pass_once_to_the_other_edge(caddy: Path, tmp_path: Path) -> None:
    """A challenge is proxied to the peer with a mark, one that bears the mark is not; TLS-ALPN-01 is off."""
    for name, peer in (("gra-edge", "sbg-edge:443"), ("sbg-edge", "gra-edge:443")):
        adapted = _adapted(caddy, _caddyfile(name, tmp_path), tmp_path)
        (relay,) = [proxy for proxy in _handlers(adapted, "reverse_proxy") if _dials(proxy) == [peer]]
        assert relay["headers"]["request"]["set"]["X-Acme-Relayed"] == ["1"]
        assert relay["transport"]["tls"]["server_name"] == FLEET_NAME
        (condition,) = [match for match in _matches(adapted) if "not" in match and "path" in match]
        assert condition["path"] == ["/.well-known/acme-challenge/*"]
        assert condition["not"] == [{"header": {"X-Acme-Relayed": ["*"]}}]
        ((issuer,),) = [one["issuers"] for one in adapted["apps"]["tls"]["automation"]["policies"] if "issuers" in one]
        assert issuer["challenges"] == {"tls-alpn": {"disabled": True}}
        assert issuer["email"] == "admin@organisation.fr"


def test_an_own_certificate_needs_no_authority(caddy: Path, tmp_path: Path) -> None:
    """Neither issuer nor relay: the file's certificate is the only one."""
    adapted = _adapted(caddy, _caddyfile("gra-edge-provided-certificate", tmp_path), tmp_path)
    assert "automation" not in adapted["apps"]["tls"]
    (loaded,) = adapted["apps"]["tls"]["certificates"]["load_files"]
    assert (loaded["certificate"], loaded["key"]) == (str(tmp_path / "edge.pem"), str(tmp_path / "edge.key"))
    assert not [match for match in _matches(adapted) if any("acme" in path for path in match.get("path", ()))]


def _dials(proxy: dict[str, Any]) -> list[str]:
    return [upstream["dial"] for upstream in proxy["upstreams"]]


def _matches(tree: object) -> Iterator[dict[str, Any]]:
    """The matchers of routes; a TLS policy's is a mapping."""
    if isinstance(tree, dict):
        yield from tree["match"] if isinstance(tree.get("match"), list) else ()
        for inner in tree.values():
            yield from _matches(inner)
    elif isinstance(tree, list):
        for inner in tree:
            yield from _matches(inner)


@pytest.mark.parametrize(
    ("name", "labels"), [("sbg-edge", ["meeting"]), ("sbg-edge-dns", ["meeting", "meeting-gra", "meeting-sbg"])]
)
def test_an_edge_serves_every_name_that_people_use(name: str, labels: list[str], caddy: Path, tmp_path: Path) -> None:
    """Over HTTPS and over HTTP, where authorities ask for challenges: an edge answers for the other site's name too."""
    adapted = _adapted(caddy, _caddyfile(name, tmp_path), tmp_path)
    hosts = [set(match["host"]) for match in _matches(adapted) if "host" in match and match["host"] != [FLEET_NAME]]
    # The third time where a page is tried again.
    assert hosts == [{f"{label}.organisation.fr" for label in labels}] * 3
