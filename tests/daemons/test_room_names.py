"""What Prometheus keeps of rooms: how many people are in each, and no name, whatever a room is called."""

import json
import urllib.parse
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.request import urlopen

import pytest
import yaml

from boot.monitoring.exporters import PROBED_ROOM
from boot.monitoring.prometheus_yml import prometheus_yml
from tests.daemons.prometheus_host import prometheus
from tests.unit.boot.test_monitoring_rules import watched
from tests.unit.disk import program
from tests.unit.serving import serving
from tests.unit.waiting import eventually

ROOMS = {"daily": 3, "sec-review": 2, "a;b": 4, "room_id": 1}
# Upstream 3.4's labels of a stream, as it fills them with the settings that this program writes.
_WHOSE = (
    'pid="4711",room_id="daily",peer_id="{peer}",display_name="{name}",user_agent="Firefox of {name}",transport_id="",'
    'proto="udp",local_addr="xx.xx.0.65:41000",remote_addr="xx.xx.7.9:50123",id="",kind="{kind}",codec="{codec}",'
    'type="{way}-rtp"'
)
PEOPLE = {"x5b7kq2a": "Alice Martin", "p0m3z8rt": "Bob Durand"}
KINDS = {"audio": "opus", "video": "VP8"}
_OF = [
    (metric, _WHOSE.format(peer=peer, name=name, kind=kind, codec=codec, way=way))
    for peer, name in PEOPLE.items()
    for kind, codec in KINDS.items()
    for metric, way in (("producer", "inbound"), ("consumer", "outbound"))
]
FIGURES = (
    f"edumeet_rooms {len(ROOMS) + 1}\n"
    + "".join(f'edumeet_peers{{room_id="{room}"}} {people}\n' for room, people in {**ROOMS, PROBED_ROOM: 1}.items())
    + "".join(f"mediasoup_{what}_score{{{whose}}} 9\n" for what, whose in _OF)
    + "".join(f"mediasoup_{what}_byte_count_bytes{{{whose}}} 4096\n" for what, whose in _OF)
)


class _Exporter(BaseHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Quiet."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(FIGURES)))
        self.end_headers()
        self.wfile.write(FIGURES.encode())


@pytest.fixture(scope="module")
def witness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Prometheus that asks one meeting server, as the witness' is told to."""
    program("prometheus", "prometheus")
    whole = yaml.safe_load(prometheus_yml(watched()))
    (meeting,) = (job for job in whole["scrape_configs"] if job["job_name"] == "meeting")
    exporter = ThreadingHTTPServer(("127.0.0.1", 0), _Exporter)
    group = {**meeting["static_configs"][0], "targets": [f"127.0.0.1:{exporter.server_port}"]}
    config = {
        "scrape_configs": [{**meeting, "static_configs": [group], "scrape_interval": "1s", "scrape_timeout": "1s"}]
    }
    home = tmp_path_factory.mktemp("rooms")
    with serving(exporter), prometheus(home, "# EOF\n", yaml.safe_dump(config)) as address:
        eventually(
            lambda: get(address, "query", query="edumeet_rooms"), bool, seconds=30, what="the meeting server was asked"
        )
        yield address


def get(address: str, what: str, **words: str) -> list[dict[str, object]]:
    """What Prometheus' API says."""
    with urlopen(f"{address}/api/v1/{what}?{urllib.parse.urlencode(words)}", timeout=20) as answer:  # noqa: S310
        said = json.load(answer)["data"]
    found: list[dict[str, object]] = said["result"] if isinstance(said, dict) else said
    return found


def test_no_series_has_a_rooms_name(witness: str) -> None:
    """Neither as a label's value nor in a label that says what it was; what is of no room has no number of one."""
    kept = get(witness, "series", **{"match[]": '{job="meeting"}'})
    peers = [one for one in kept if one["__name__"] == "edumeet_peers"]
    assert len({one["room"] for one in peers}) == len(peers) == len(ROOMS)
    assert not [one for one in kept if {"room_id"} & one.keys() or set(map(str, one.values())) & {*ROOMS, PROBED_ROOM}]
    assert [sorted(one) for one in kept if one["__name__"] == "edumeet_rooms"] == [
        ["__name__", "instance", "job", "server", "site"]
    ]


def test_no_series_says_whose_stream_it_is(witness: str) -> None:
    """Neither a name nor an address nor a browser: the score of each stream under a number, and what kind it is."""
    kept = get(witness, "series", **{"match[]": '{job="meeting",__name__=~"mediasoup_.+"}'})
    said = json.dumps(kept)
    assert not [one for one in (*PEOPLE, *PEOPLE.values(), "Firefox", "xx.xx") if one in said]
    assert {frozenset(one) for one in kept} == {
        frozenset({"__name__", "instance", "job", "kind", "server", "site", "stream", "type"})
    }
    scores = [one for one in kept if one["__name__"] == "mediasoup_consumer_score"]
    assert len({one["stream"] for one in scores}) == len(scores) == len(PEOPLE) * len(KINDS)
    # Nobody reads the bytes, and there would be as many again.
    assert not [one for one in kept if "byte_count" in str(one["__name__"])]


def test_people_are_counted_as_before(witness: str) -> None:
    # After a look that took too long there is nothing until the next.
    counting = partial(get, witness, "query", query="sum by (site) (edumeet_peers)")
    (counted,) = eventually(counting, bool, seconds=30, what="people are counted")
    assert counted["value"][1] == str(sum(ROOMS.values()))  # type: ignore[index] # a time and a value
