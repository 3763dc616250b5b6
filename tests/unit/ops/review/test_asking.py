"""What a review asks of others: never for long, never without credentials, and never by making something up."""

import contextlib
import threading
from collections.abc import Iterable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from boot.meeting.room_probe import ROOM
from boot.monitoring.exporters import PROBED_ROOM
from fleet.bounded import AskingError, NoAnswer, ask
from fleet.meetings import Meetings, meetings
from fleet.meetings import read as read_metrics
from fleet.quota import Room
from ops.review import quotas
from ops.review.gather import gather
from tests.unit.ops.review import recorded
from tests.unit.ops.review.comments import read

# As upstream's exporter writes it: `/` of 3.4, and `/metrics` of 3.5.
CURRENT = """\
# HELP edumeet_rooms Rooms
# TYPE edumeet_rooms gauge
edumeet_rooms 2
# TYPE edumeet_peers gauge
edumeet_peers{room_id="daily \\"stand\\" up"} 5
edumeet_peers{other="x",room_id="retro"} 2
edumeet_rooms_total_ever 99
"""
AGGREGATED = """\
# TYPE mediasoup_workers_count gauge
mediasoup_workers_count 2
mediasoup_rooms 2
mediasoup_peers 7
mediasoup_workers_memory 1.2345e+07
"""


def test_both_kinds_of_metrics_are_read() -> None:
    """With 3.4's the rooms are told apart, with 3.5's they are counted; with both it is one answer."""
    rooms = {'daily \\"stand\\" up': 5, "retro": 2}
    assert read_metrics(CURRENT) == Meetings(2, 7, rooms)
    assert read_metrics(AGGREGATED) == Meetings(2, 7)
    assert read_metrics(CURRENT + AGGREGATED) == Meetings(2, 7, rooms)
    assert read_metrics("edumeet_rooms 0\n") == Meetings(0, 0)


def test_the_room_that_a_server_opens_to_look_at_itself_is_no_meeting() -> None:
    """By its name, where there are names; else by nobody being there."""
    assert PROBED_ROOM == ROOM
    probed = CURRENT.replace("edumeet_rooms 2", "edumeet_rooms 3") + f'edumeet_peers{{room_id="{PROBED_ROOM}"}} 1\n'
    assert read_metrics(probed) == read_metrics(CURRENT)
    assert read_metrics("mediasoup_rooms 1\nmediasoup_peers 0\n") == Meetings(0, 0)


def test_an_empty_room_is_no_meeting() -> None:
    """Upstream keeps one for a while; nothing waits for it, with people in others or not."""
    lasting = CURRENT.replace("edumeet_rooms 2", "edumeet_rooms 3") + 'edumeet_peers{room_id="over"} 0\n'
    found = read_metrics(lasting)
    assert found is not None
    assert (found.rooms, found.people) == (2, 7)
    assert read_metrics("edumeet_rooms 3\nedumeet_peers 0\n") == Meetings(0, 0)


@pytest.mark.parametrize("text", ["", "<html>index</html>", "node_cpu_seconds_total 12\n"])
def test_what_is_no_metrics_is_no_answer(text: str) -> None:
    """A server without an exporter answers every path with its page."""
    assert read_metrics(text) is None


def test_answers_come_side_by_side_and_late_ones_not_at_all() -> None:
    """Five questions that wait for each other are answered; one that hangs is left behind, and says so."""
    forever, all_five = threading.Event(), threading.Barrier(5)

    def refuse() -> int:
        raise AskingError("nobody is there")

    def beside_the_others() -> int:
        all_five.wait()
        return 42

    five = {f"{n}": beside_the_others for n in range(5)}
    answers = ask({**five, "hangs": lambda: int(forever.wait()), "no": refuse}, 2)
    forever.set()
    assert answers == {
        **{f"{n}": 42 for n in range(5)},
        "hangs": NoAnswer("no answer within 2 s"),
        "no": NoAnswer("nobody is there"),
    }


def test_nobody_is_asked_without_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a cloud nor a server; the reasons are what to do about it."""
    for name in ("OS_AUTH_URL", "OS_CLOUD", "SSH_AUTH_SOCK"):
        monkeypatch.delenv(name, raising=False)
    told, answers = gather([read("gra", recorded.whole("gra-replaced"))], patience=5)
    assert told == {"gra": NoAnswer("there are no credentials: neither OS_AUTH_URL nor OS_CLOUD is set")}
    assert answers == {"production-gra-meeting-1": NoAnswer("there is no SSH key to ask it with")}


class _Exporter(BaseHTTPRequestHandler):
    """Has `/` and, as upstream's 3.4, no `/metrics`."""

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/" else 404)
        self.end_headers()
        self.wfile.write(CURRENT.encode())

    def log_message(self, *_: object) -> None:
        """Quiet."""


def _free_server(ports: Iterable[int]) -> ThreadingHTTPServer:
    for port in ports:
        with contextlib.suppress(OSError):
            return ThreadingHTTPServer(("127.0.0.1", port), _Exporter)
    raise AssertionError("no port is free")


@pytest.fixture
def exporter() -> Iterator[int]:
    """The port of an exporter on 127.0.0.1; not one of WebRTC's, where the settings would refuse it."""
    with _free_server(range(23_000, 24_000)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def test_quotas_that_were_asked_before_are_not_asked_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """They come through a file; one that holds none makes none up."""
    monkeypatch.setenv("OS_AUTH_URL", "http://127.0.0.1:9/v3")
    file = tmp_path / "quotas.json"
    file.write_text(
        '{"gra": {"servers": {"limit": 20, "used": 7}, "ports": {"limit": null, "used": 1}}, "sbg": {"why": "no"}}'
    )
    site = read("gra", recorded.whole("gra"))
    told, _ = gather([site], patience=5, quotas=quotas.read(file))
    assert told == {"gra": {"servers": Room(20, 7), "ports": Room(None, 1)}, "sbg": NoAnswer("no")}
    file.write_text("")
    assert gather([site], patience=5, quotas=quotas.read(file))[0] == {}


def test_a_server_is_asked_through_its_edge(exporter: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Instead of `ssh` a program that runs the command here: the very command reads a server's metrics.

    That a login works it does not show; that is what `make ssh` writes, and tests/lab uses.
    """
    for name in ("OS_AUTH_URL", "OS_CLOUD", "SSH_AUTH_SOCK"):
        monkeypatch.delenv(name, raising=False)
    program = tmp_path / "ssh"
    program.write_text(
        f'#!/bin/sh\ncp "$2" {tmp_path}/config\nfor command; do server=$last; last=$command; done\n'
        f'echo "$server" > {tmp_path}/server\nexec sh -c "$command"\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    digest = recorded.whole("gra-replaced")
    server = digest["steps"][0]["oldState"]["outputs"]["servers"]["production-gra-meeting-1"]
    server["backbone_address"] = "127.0.0.1"
    monkeypatch.setattr("ops.review.gather.EXPORTER_PORT", exporter)
    _, answers = gather([read("gra", digest)], patience=20, identity=tmp_path / "key")
    assert answers == {"production-gra-meeting-1": Meetings(2, 7, {'daily \\"stand\\" up': 5, "retro": 2})}
    assert (tmp_path / "server").read_text() == "production-gra-meeting-1\n"
    config = (tmp_path / "config").read_text()
    assert "HostName 127.0.0.1\n    ProxyCommand sh -c 'ssh -F \"" in config
    assert '-W "[%h]:%p" production-gra-edge-1\'' in config
    assert f"IdentityFile {tmp_path / 'key'}" in config


@pytest.mark.parametrize(
    ("program", "says"),
    [
        ("exit 255", "nobody could log in to it"),
        ("echo nothing", "its metrics do not answer"),
        ("exec sleep 60", "no login to it within 3 s"),
    ],
)
def test_a_server_that_cannot_be_asked_says_why(
    program: str, says: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """No key fits, no exporter, no way: each is another thing to do."""
    (tmp_path / "ssh").write_text(f"#!/bin/sh\n{program}\n")
    (tmp_path / "ssh").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(AskingError, match=says):
        meetings(tmp_path / "config", "server", (IPv4Address("10.17.0.64"), 8889), patience=3)


def test_only_servers_that_go_are_asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Not those that stay, and not one that is new."""
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    for name in ("gra", "gra-node", "gra-first", "gra-patient"):
        assert gather([read("gra", recorded.whole(name))], patience=5, identity=tmp_path / "key")[1] == {}
