"""The edges' haproxy.cfg, judged by HAProxy itself, and the numbering of instances that both edges share."""

import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from boot.edge.haproxy_cfg import STATE_FILE, STATE_VERSION
from boot.edge.instances import instances
from fleet.certificates import self_signed
from settings.secrets import FLEET_NAME
from tests.configuration import ROOT, settings
from tests.unit.boot.golden import CASES, DNS, NEAREST
from tests.unit.disk import program, pushed

CONFIG = "/etc/multiparty/haproxy/haproxy.cfg"
EDGES = [name for name in CASES if "edge" in name and CONFIG in pushed(name)]


def _config(name: str, home: Path) -> str:
    """An edge's haproxy.cfg with a real certificate in `home`; Caddy's group is one of the package's servers alone."""
    pair = self_signed(FLEET_NAME)
    (home / "fleet.pem").write_text(pair.certificate)
    (home / "peers.pem").write_text(f"{pair.certificate}\n{pair.key}")
    (home / "rooms.state").write_text(f"{STATE_VERSION}\n")
    text = pushed(name)[CONFIG]
    assert "/etc/multiparty/tls/fleet.pem" in text and "group caddy" in text
    assert STATE_FILE in text
    text = text.replace(STATE_FILE, str(home / "rooms.state"))
    return text.replace("/etc/multiparty/tls", str(home)).replace("group caddy", "group haproxy")


def _servers(name: str) -> dict[str, list[str]]:
    """The servers of the table's backend, the words behind each by its name."""
    backend = pushed(name)[CONFIG].split("backend rooms\n")[1].split("backend ")[0]
    lines = [line.split() for line in backend.splitlines() if line.startswith("    server ")]
    return {name: words for _, name, *words in lines}


def test_every_edge_with_affinity_has_a_room_table() -> None:
    """And the one without has none."""
    assert set(CASES) - set(EDGES) == {name for name in CASES if "edge" not in name} | {"gra-edge-no-affinity"}


@pytest.mark.parametrize("name", EDGES)
def test_haproxy_accepts_the_configuration(name: str, tmp_path: Path) -> None:
    """Without a warning."""
    config = tmp_path / "haproxy.cfg"
    config.write_text(_config(name, tmp_path))
    command = [program("haproxy", "haproxy"), "-c", "-f", str(config)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "Configuration file is valid", "")


def test_the_preferred_site_is_active_and_the_other_one_waits() -> None:
    """The primary with failover, at both edges; the edge's own site otherwise."""
    waiting = {name: [server for server, words in _servers(name).items() if "backup" in words] for name in EDGES}
    assert waiting["gra-edge"] == waiting["sbg-edge"] == ["sbg-1"]
    assert waiting["sbg-edge-dns"] == ["gra-1"]
    assert waiting["sbg-edge-geographic"] == ["gra-1", "gra-2"]
    assert waiting["gra-edge-two-nodes"] == ["sbg-1", "sbg-2"]


def test_both_edges_know_an_instance_by_the_same_name_and_number() -> None:
    """Whatever comes first at each, and however many there are: a node more renumbers nobody."""
    nodes = {"env.sites.gra.meeting_nodes": 3, "env.sites.sbg.meeting_nodes": 2}
    for routing in ({}, DNS | NEAREST):
        known = [
            {i.name: (i.number, i.address) for i in instances(settings(stack, {**routing, **more}))}
            for stack in ("gra", "sbg")
            for more in ({}, nodes)
        ]
        assert known[0] == known[2] and known[1] == known[3]
        assert known[0].items() < known[1].items()
        assert len({number for number, _ in known[1].values()}) == 5


def test_instances_are_spoken_to_over_pinned_tls() -> None:
    """The fleet's certificate for the fleet's name, of requests and of checks; no header is added, none is trusted."""
    for name in EDGES:
        text = pushed(name)[CONFIG]
        assert f"verify required ca-file /etc/multiparty/tls/fleet.pem verifyhost {FLEET_NAME}" in text
        assert f"check check-ssl check-sni {FLEET_NAME}" in text
        assert "add-header" not in text and "set-header" not in text and "verify none" not in text


def test_both_edges_tell_each_other_over_the_backbone() -> None:
    """The same peers on both, each knowing which one it is."""
    gra, sbg = "gra-edge 10.17.0.4", "sbg-edge 10.17.1.4"
    for name, here, other in (("gra-edge", gra, sbg), ("sbg-edge", sbg, gra)):
        own, bound = here.split()
        text = pushed(name)[CONFIG]
        assert f"localpeer {own}\n" in text
        assert f"    bind {bound}:1024 ssl crt /etc/multiparty/tls/peers.pem ca-file" in text
        assert f"    server {own}\n    server {other}:1024\n" in text


def _answers(haproxy: socket.socket, served: Path, *dialogue: tuple[str, bytes]) -> None:
    """As HAProxy at its socket, while Caddy does not find it."""
    for question, answer in dialogue:
        asked, _ = haproxy.accept()
        with asked:
            assert asked.recv(100).decode() == f"{question}\n"
            assert not served.is_symlink()
            asked.sendall(answer)


@pytest.mark.parametrize(
    ("reloads", "answers"),
    [
        (False, [(7, "0x2211"), (7, "0x2213")]),
        # The first is asked before the reload; the former process knows the table, and is not the one that will serve.
        (True, [(7, "0x2213"), (7, "0x2213"), (8, "0x2211"), (8, "0x2213")]),
    ],
    ids=["started", "reloaded"],
)
def test_caddy_finds_haproxy_once_the_table_is_learned(
    reloads: bool, answers: list[tuple[int, str]], tmp_path: Path
) -> None:
    """Not while HAProxy's own word is that it still asks its peers: answers of `show info` and `show peers`, of 2.6.

    The new process is told at once that its instances are well: one failed check takes none out.
    """
    admin, bound, served = (tmp_path / name for name in ("admin.sock", "bound.sock", "rooms.sock"))
    program = [sys.executable, str(ROOT / "boot" / "edge" / "haproxy_learned.py"), *map(str, (admin, bound, served))]
    if reloads:
        served.symlink_to(bound)
    with (
        socket.socket(socket.AF_UNIX) as haproxy,
        subprocess.Popen(["sleep", "60"]) as master,
        subprocess.Popen([*program, *([str(master.pid)] if reloads else [])]) as done,
    ):
        haproxy.bind(str(admin))
        haproxy.listen()
        haproxy.settimeout(20)
        former, trusted = answers[0][0] if reloads else None, False
        for number, (pid, flags) in enumerate(answers):
            asked, _ = haproxy.accept()
            with asked:
                assert asked.recv(100) == b"show info;show peers\n"
                assert served.is_symlink() == (reloads and number == 0)
                peers = (
                    f"0x1: [t] id=edges disabled=0 flags={flags} resync_timeout=<PAST>\n  0x2: id=sbg-edge flags=0x0"
                )
                asked.sendall(f"Name: HAProxy\nPid: {pid}\n\n{peers}\n".encode())
            if pid != former and not trusted:
                said = b"1\n# be_id be_name srv_id srv_name srv_addr\n4 rooms 11 gra-1 10.17.1.1 2 0\n\n"
                _answers(haproxy, served, ("show servers state", said), ("set server rooms/gra-1 health up", b""))
                trusted = True
        out = b"0x3: key=gra-1 use=0 exp=0 shard=0 gpt0=1\n0x4: key=gra-2 use=0 exp=0 shard=0 gpt0=0\n"
        _answers(haproxy, served, ("show table taken_out", out), ("set server rooms/gra-1 state drain", b""))
        assert done.wait(20) == 0
        if not reloads:
            master.kill()
        assert master.wait(20) == (-signal.SIGUSR2 if reloads else -signal.SIGKILL)
    assert served.readlink() == bound
