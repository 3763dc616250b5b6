"""The stand-in as each kind of server: what a kind does not have, the stand-in does not offer."""

import asyncio
import json
import re
import urllib.error
from collections.abc import Iterable
from pathlib import Path

import pytest

from drill.clients import Participant
from drill.clients.signalling import SignallingError
from tests.contract.contract import Release
from tests.meeting_server.conftest import StartServer
from tests.meeting_server.processes import Redis, Sentinel, Server, free_port
from tests.meeting_server.receiving import received
from tests.meeting_server.test_room_probe import probe
from tests.unit.waiting import eventually

RELEASES = ("edumeet-3.4", "edumeet-3.5")
KINDS = ("multiparty-meeting", *RELEASES)
_LOBBY: dict[str, dict[str, list[object]]] = {"accessFromRoles": {"BYPASS_LOBBY": []}}


@pytest.mark.parametrize("kind", KINDS)
async def test_people_hear_and_see_each_other_without_data_channels(start: StartServer, room: str, kind: str) -> None:
    """Each can tell by the SFU's own count that its packets get there."""
    server = start("gra", kind=kind)
    async with (
        Participant(server.edge, room, "alice", video=True) as alice,
        Participant(server.edge, room, "bob", video=True) as bob,
    ):
        for one, other in ((alice, "bob"), (bob, "alice")):
            await one.log.wait_for("media-flowing")
            await received(one, other, audio=25, video=3)
        assert alice._signalling
        with pytest.raises(SignallingError, match=r"unknown request\.method"):
            await alice._signalling.request("produceData", {})
        asked = {"forceTcp": False, "producing": True, "consuming": False, "sctpCapabilities": {"numStreams": {}}}
        assert "sctpParameters" not in await alice._signalling.request("createWebRtcTransport", asked)


@pytest.mark.parametrize("kind", KINDS)
async def test_who_comes_back_with_the_session_is_told_so(start: StartServer, room: str, kind: str) -> None:
    """`roomBack`, with media again; another browser may not take the place meanwhile."""
    server = start("gra", kind=kind)
    async with Participant(server.edge, room, "alice") as alice:
        await alice.log.wait_for("media-flowing")
        async with Participant(server.edge, room, "alice") as another:
            await another.log.wait_for("disconnected")
            assert not another.log.last("joined")
        since = len(alice.log.events)
        await alice._signalling.close()  # type: ignore[union-attr]
        await alice.log.wait_for("room-back", since=since)
        await alice.log.wait_for("media-flowing", since=since)


@pytest.mark.parametrize("kind", RELEASES)
async def test_health_is_a_page_like_any_other(start: StartServer, kind: str) -> None:
    server = start("gra", kind=kind)
    async with server.edge.session(timeout=20) as client, client.get(f"{server.edge.url}/health") as response:
        assert (response.status, response.content_type) == (200, "text/html")


@pytest.mark.parametrize("kind", RELEASES)
def test_sentinels_are_not_understood(start: StartServer, redis: Redis, tmp_path: Path, kind: str) -> None:
    """It goes to its own machine's 6379, where nobody is; with an address it waits for who is lost, and goes on."""
    with Sentinel(tmp_path, redis) as sentinel:
        lost = start("gra", kind=kind, redisOptions=sentinel.options)
        lost.says("connect ECONNREFUSED 127.0.0.1:6379")
    own = Redis(tmp_path)
    waiting = start("sbg", kind=kind, redisOptions=own.options)
    own.end()
    waiting.says(f"connect ECONNREFUSED 127.0.0.1:{own.port}")
    assert waiting.popen.poll() is None


def test_each_release_has_its_own_metrics(start: StartServer) -> None:
    """3.4 at one path; 3.5 at two, and none at all unless it is told to by name."""
    older, newer = start("gra", kind="edumeet-3.4"), start("sbg", kind="edumeet-3.5")
    assert "edumeet_rooms" in older.exported("/")
    with pytest.raises(urllib.error.HTTPError):
        older.exported("/metrics")
    assert "mediasoup_workers_count" in newer.exported("/metrics")
    silent = start("third", kind="edumeet-3.5", prometheus={"listen": "127.0.0.1", "port": 1})
    with pytest.raises(urllib.error.URLError):
        silent.exported("/metrics")


@pytest.mark.parametrize("kind", RELEASES)
async def test_the_figures_of_streams_have_the_releases_names(start: StartServer, room: str, kind: str) -> None:
    """All of them and no other, with its labels; what they say is the SFU's own count of two people's streams.

    As deployed: quiet, without the ids of streams, and of addresses the half.
    """
    port = free_port()
    exporter = {"listen": "127.0.0.1", "port": port, "enabled": True, "quiet": True, "deidentify": True}
    server = start("gra", kind=kind, prometheus=exporter)
    server.exporter_port = port
    paths = Release(kind).data["metrics"]
    async with (
        Participant(server.edge, room, "alice", video=True) as alice,
        Participant(server.edge, room, "bob", video=True) as bob,
    ):
        for one, other in ((alice, "bob"), (bob, "alice")):
            await received(one, other, audio=25, video=3)
        texts = await asyncio.to_thread(_settled, server, paths)
    assert all(f'display_name="{name}"' in texts["/"] for name in ("alice", "bob"))
    assert 'transport_id=""' in texts["/"] and ',id=""' in texts["/"]
    assert {found[:5] for found in re.findall(r'_addr="([^"]*)"', texts["/"])} == {"xx.xx"}
    said = {path: _read(text) for path, text in texts.items()}
    for path, names in paths.items():
        assert {name: set(labels) for name, (labels, _) in said[path].items()} == {
            name: set(labels) for name, labels in names.items()
        }
    for what in ("producer", "consumer"):
        assert len(said["/"][f"mediasoup_{what}_byte_count_bytes"][1]) == 4
        assert all(said["/"][f"mediasoup_{what}_byte_count_bytes"][1])
        assert said["/"][f"mediasoup_{what}_score"][1] == [10] * 4
    if "/metrics" in paths:
        found = {name.removeprefix("mediasoup_"): values[0] for name, (_, values) in said["/metrics"].items()}
        assert (found["audio_in_count"], found["video_out_count"]) == (2, 2)
        assert found["audio_scores_in_mean"] == found["audio_scores_in_min"] == 10
        assert found["packets_counts_in_sum"] > 2 * 25
        assert found["packets_losts_in_sum"] == 0


def _settled(server: Server, paths: Iterable[str]) -> dict[str, str]:
    """What is said at each path, once no score is that of a machine that stood still for a moment."""
    return eventually(
        lambda: {path: server.exported(path) for path in paths},
        lambda texts: not re.search(r"_score{.*} \d$", texts["/"], re.MULTILINE),
        seconds=40,
        what="full scores",
    )


def _read(text: str) -> dict[str, tuple[set[str], list[float]]]:
    """The labels and values of each figure of the meetings and the SFU; not of the process."""
    found: dict[str, tuple[set[str], list[float]]] = {}
    for line in text.splitlines():
        match = re.fullmatch(r"((?:mediasoup|edumeet)_\w+)(?:{(.*)})? (\S+)", line)
        if match and not match[1].startswith(("mediasoup_process_", "mediasoup_nodejs_")):
            labels = set(re.findall(r'(\w+)="', match[2] or ""))
            values = found.setdefault(match[1], (labels, []))[1]
            values.append(float(match[3]))
    return found


@pytest.mark.parametrize("kind", RELEASES)
async def test_a_guest_who_has_to_wait_is_told(start: StartServer, redis: Redis, tmp_path: Path, kind: str) -> None:
    """With a login or a lobby no guest gets into the room: that answer counts, while the SFU's workers run."""
    server = start("gra", kind=kind, **_LOBBY)
    async with Participant(server.edge, "with-a-lobby", "alice") as alice:
        await alice.log.wait_for("parked", why="signInRequired")
    done = await asyncio.to_thread(probe, server, tmp_path, redis.options)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("a guest is answered enteredLobby; "), done.stdout


def test_a_config_that_lacks_a_block_opens_no_room(start: StartServer, redis: Redis, tmp_path: Path) -> None:
    """As 3.5 did with the configuration of before: pages are served, and the room never opens."""
    server: Server = start("gra", kind="edumeet-3.5", mediasoup={"worker": {}, "numWorkers": None})
    done = probe(server, tmp_path, redis.options)
    assert done.returncode == 1
    assert done.stderr.startswith("no room opens: "), done.stderr
    assert "running" not in json.dumps(done.stdout)
