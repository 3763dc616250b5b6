"""What the relay is not for: other hosts, this machine's other ports, credentials that are over, forged or shared."""

import json
import subprocess
import sys
import time
from base64 import b64encode
from hashlib import sha1
from hmac import new
from pathlib import Path
from typing import Any

import pytest

from boot.meeting.relay.turnserver_conf import USER_QUOTA
from boot.meeting.turn_servers import LASTS
from tests.configuration import ROOT
from tests.relay import caller
from tests.relay.internet import OPEN, Internet
from tests.relay.node import MEDIA, PUBLIC
from tests.unit.waiting import eventually

GRA, SBG = str(PUBLIC["gra"]), str(PUBLIC["sbg"])


def _given(internet: Internet, what: str, scheme: str = "turns", **more: object) -> str:
    internet.lets_out(OPEN)
    told = internet.nodes["gra"].told()
    assert told
    (server,) = told
    (url,) = [url for url in server["urls"] if url.startswith(f"{scheme}:")]
    return json.dumps({"what": what, "server": server, "url": url, "authority": str(internet.authority), **more})


def _called(internet: Internet, given: str) -> Any:  # noqa: ANN401 - of any shape
    words = ("env", f"PYTHONPATH={ROOT}", sys.executable, caller.__file__)
    return json.loads(internet.home.run(*words, stdin=f"{given}\n").stdout)


@pytest.mark.parametrize("scheme", ["turn", "turns"])
def test_nothing_is_relayed_to_other_hosts(internet: Internet, scheme: str) -> None:
    """The backbone, this network, the metadata service, loopback, the other site, multicast, everybody."""
    hosts = ["10.17.0.4", "10.17.0.5", "10.17.0.64", "192.168.64.1", "169.254.169.254", "127.0.0.1", SBG, "224.0.0.1"]
    hosts += ["0.0.0.0", "198.51.100.99", "255.255.255.255"]
    peers = [[host, MEDIA] for host in hosts]
    found = _called(internet, _given(internet, "reaches", scheme, peers=peers, seconds=20.0))
    assert dict(zip(hosts, found, strict=True)) == dict.fromkeys(hosts, "refused: 403")


def test_nothing_is_relayed_to_ports_that_are_no_media(internet: Internet) -> None:
    """Coturn knows addresses alone: the kernel drops the rest. Media ports answer meanwhile."""
    node = internet.nodes["gra"]
    for port in (53, 9100, 39999):
        subprocess.Popen(node.command(sys.executable, ROOT / "tests/relay/echo.py", str(port)))
        node.listens(port)
    before = node.dropped()
    peers = [[GRA, port] for port in (53, 9100, 39999, MEDIA)]
    found = _called(internet, _given(internet, "reaches", peers=peers, seconds=5.0))
    assert found == [*["nothing came back"] * 3, "media"]
    assert node.dropped() > before


def test_credentials_end_and_cannot_be_made(internet: Internet) -> None:
    """Those that config.js made some time ago are over; a name with more time has no password that fits."""
    secret = internet.nodes["gra"].run("cat", "/etc/multiparty/relay/secret").stdout.strip()

    def of(name: str, key: str) -> dict[str, str]:
        return {"username": name, "credential": b64encode(new(key.encode(), name.encode(), sha1).digest()).decode()}

    now = int(time.time())
    good, over = of(f"{now + LASTS}:a", secret), of(f"{now - 1}:a", secret)
    longer = {**over, "username": f"{now + 2 * LASTS}:a"}
    servers = [good, over, longer, of(f"{now + 60}:a", "guessed"), of("a", secret), {**good, "credential": ""}]
    found = _called(internet, _given(internet, "enters", servers=servers))
    assert found == ["allocated", *["refused: 401"] * 5]


def test_a_name_that_is_shared_is_full_soon(internet: Internet) -> None:
    """So many allocations at the same time, and no more; somebody else's name has its own."""
    assert _called(internet, _given(internet, "takes", most=2 * USER_QUOTA)) == USER_QUOTA
    assert _called(internet, _given(internet, "takes", most=2)) == 2


def test_a_new_certificate_cuts_nobody_off(internet: Internet) -> None:
    """What was relayed before goes on over the same connection; the next one is answered with the new certificate."""
    node = internet.nodes["gra"]
    words = ("env", f"PYTHONPATH={ROOT}", sys.executable, caller.__file__)
    given = _given(internet, "stays", peer=[GRA, MEDIA])
    with subprocess.Popen(
        internet.home.command(*words), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as talking:
        assert talking.stdin
        assert talking.stdout
        talking.stdin.write(f"{given}\n")
        talking.stdin.flush()
        assert talking.stdout.readline() == "media\n"
        pid = node.run("cat", "/run/coturn.pid").stdout
        node.certify(node.pair())
        # Its own look takes the file's certificate alone.
        eventually(node.probe, lambda done: done.returncode == 0, seconds=60, what="the new certificate")
        said, _ = talking.communicate("on\n", timeout=60)
    assert json.loads(said) == "media afterwards"
    assert node.run("cat", "/run/coturn.pid").stdout == pid


def test_figures_say_how_the_relay_is(internet: Internet, tmp_path: Path) -> None:
    """For Prometheus: that it allocates, when that was asked, when the certificate ends; and that it does not."""
    node = internet.nodes["sbg"]
    figures = node.disk / "var/relay.prom"

    def seen() -> dict[str, float]:
        node.run("/usr/local/sbin/multiparty-relay", node.name, "/var/relay.prom")
        return {name: float(value) for name, value in (line.split() for line in figures.read_text().splitlines())}

    found = eventually(seen, lambda figures: figures["relay_allocates"] == 1, seconds=60, what="a relay that allocates")
    assert abs(time.time() - found["relay_asked"]) < 60
    assert 25 < (found["relay_certificate_ends"] - time.time()) / 86400 < 31
    node.run("sh", "-c", "echo wrong >/etc/multiparty/relay/secret.new; cp /etc/multiparty/relay/secret /var/kept")
    node.run("cp", "/etc/multiparty/relay/secret.new", "/etc/multiparty/relay/secret")
    try:
        found = seen()
        assert found.keys() == {"relay_allocates", "relay_asked"}
        assert found["relay_allocates"] == 0
    finally:
        node.run("cp", "/var/kept", "/etc/multiparty/relay/secret")
    eventually(seen, lambda figures: figures["relay_allocates"] == 1, seconds=60, what="and again")
