import asyncio
import re
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from drill.clients import Participant
from drill.clients.newcomer import arrived
from tests.meeting_server.conftest import StartServer
from tests.meeting_server.processes import Server
from tests.meeting_server.receiving import received
from tests.unit.waiting import eventually


async def test_two_in_one_room_of_one_instance_meet(gra: Server, room: str) -> None:
    async with Participant(gra.edge, room, "alice") as alice, Participant(gra.edge, room, "bob") as bob:
        await asyncio.gather(*(p.log.wait_for("media-flowing") for p in (alice, bob)))
        await alice.log.wait_for("peer-joined", other="bob")
        assert (alice.peers, bob.peers) == ({"bob"}, {"alice"})
        # Their media reaches each other through the SFU, and a chat line through the server.
        for one, other in ((alice, "bob"), (bob, "alice")):
            await one.log.wait_for("media-from", sender=other, kind="audio")
        await alice.chat("good morning")
        await bob.log.wait_for("chat", other="alice", text="good morning")
        assert set(gra.rooms()[room]) == {"alice", "bob"}


async def test_sound_and_pictures_reach_the_others(gra: Server, room: str) -> None:
    """Opus and VP8 over SRTP through the SFU; silence and grey, so it says nothing about how it looks."""
    async with (
        Participant(gra.edge, room, "alice", video=True) as alice,
        Participant(gra.edge, room, "bob") as bob,
    ):
        await asyncio.gather(*(p.log.wait_for("media-flowing") for p in (alice, bob)))
        await received(bob, "alice", audio=25, video=3)
        await received(alice, "bob", audio=25)
        assert set(alice.summary()["frames"]["bob"]) == {"audio"}


async def test_one_room_on_two_instances_is_two_rooms(gra: Server, sbg: Server, room: str) -> None:
    """Shows why a room needs one instance. The proof that they do not meet is bounded: 2 s after both are in."""
    async with Participant(gra.edge, room, "alice") as alice, Participant(sbg.edge, room, "bob") as bob:
        await asyncio.gather(*(p.log.wait_for("media-flowing") for p in (alice, bob)))
        await asyncio.sleep(2)
        assert (alice.peers, bob.peers) == (set(), set())
        assert (gra.rooms()[room], sbg.rooms()[room]) == (["alice"], ["bob"])
    assert (alice.summary()["frames"], bob.summary()["frames"]) == ({}, {})


async def test_media_goes_to_the_announced_address_in_the_port_range(gra: Server, room: str) -> None:
    async with Participant(gra.edge, room, "alice", interval=0.05) as alice:
        await alice.log.wait_for("media-flowing")
        deadline = time.monotonic() + 30
        while (summary := alice.summary())["grew"] < 10 or summary["count"] < 25:
            assert time.monotonic() < deadline, summary
            await asyncio.sleep(0.05)
    offered = [c for event in alice.log.events if event.name == "candidates" for c in event.fields["offered"]]
    ports = [int(re.fullmatch(r"(?:udp|tcp) 127\.0\.0\.1:(\d+)", candidate)[1]) for candidate in offered]  # type: ignore[index]
    assert {candidate.split()[0] for candidate in offered} == {"udp", "tcp"}
    assert all(41000 <= port <= 41999 for port in ports)
    selected = [event.fields["selected"] for event in alice.log.events if event.name == "media-connected"]
    assert len(selected) == 2
    assert set(selected) <= set(offered)


async def test_an_address_announced_wrongly_is_seen(start: StartServer, room: str) -> None:
    """192.0.2.1 is nobody's (RFC 5737): the participant is sent there and gets no media, although it has joined."""
    listen = {"listenIps": [{"ip": "127.0.0.1", "announcedIp": "192.0.2.1"}]}
    server = start("gra", mediasoup={"webRtcTransport": listen, "worker": {"rtcMinPort": 41000, "rtcMaxPort": 41999}})
    async with Participant(server.edge, room, "alice") as alice:
        await alice.log.wait_for("joined")
        await alice.log.wait_for("candidates")
        with pytest.raises(TimeoutError, match="last seen"):
            await alice.log.wait_for("media-connected", timeout=2)
    assert "192.0.2.1" in str([event.fields for event in alice.log.events if event.name == "candidates"])


async def test_participant_comes_back_after_its_instance_restarts(start: StartServer, room: str) -> None:
    first = start("gra")
    async with Participant(first.edge, room, "alice") as alice:
        await alice.log.wait_for("media-flowing")
        seen = len(alice.log.events)
        assert await asyncio.to_thread(first.end) == 0
        await alice.log.wait_for("disconnected", since=seen)
        start("gra", listeningPort=first.edge.port)
        back = await alice.log.wait_for("reconnected", since=seen)
        await alice.log.wait_for("media-flowing", since=seen)
        # The session is in Redis: it is the one of before, though the process and the room are new.
        assert (await alice.session())["createdBy"] == "gra"
    assert back.fields["after"] < 30


async def test_login_comes_back_with_its_state(gra: Server, sbg: Server, room: str) -> None:
    async with Participant(gra.edge, room, "alice") as alice, gra.edge.session(timeout=20) as client:
        await alice.log.wait_for("joined")
        answers = []
        for server in (gra, sbg):
            query = {"peerId": "alice", "roomId": room}
            async with client.get(f"{server.edge.url}/auth/login", params=query) as response:
                answers.append(await response.json())
    assert [answer["peerIsHere"] for answer in answers] == [True, False]
    assert {(answer["peerId"], answer["roomId"]) for answer in answers} == {("alice", room)}


async def test_polling_cannot_be_moved_to_another_instance(gra: Server, sbg: Server, room: str) -> None:
    """Shows why the room table has to cover every request: a session of Socket.io is known to one process alone."""
    query = {"EIO": "3", "transport": "polling", "peerId": "alice", "roomId": room}
    async with gra.edge.session(timeout=20) as client:
        async with client.get(f"{gra.edge.url}/socket.io/", params=query) as response:
            sid = re.search(r'"sid":"([^"]+)"', await response.text())[1]  # type: ignore[index]
            assert response.headers["X-Instance"] == "gra"
        async with client.get(f"{sbg.edge.url}/socket.io/", params={**query, "sid": sid}) as response:
            assert (response.status, response.headers["X-Instance"]) == (400, "sbg")


async def test_empty_room_is_closed(gra: Server, room: str) -> None:
    async with Participant(gra.edge, room, "alice") as alice:
        await alice.log.wait_for("joined")
        assert room in gra.rooms()
    left = time.monotonic()
    eventually(gra.rooms, lambda rooms: room not in rooms, seconds=40, what="the room gone")
    assert time.monotonic() - left > 5


def test_a_room_that_two_left_at_the_same_moment_stays_for_those_who_come_next(gra: Server, room: str) -> None:
    """Whoever is told that one left may be found gone by that; it is closed once, and only while empty."""
    names = [f"{room}-{number}" for number in range(12)]
    with ThreadPoolExecutor(len(names)) as people:
        assert list(people.map(lambda name: arrived(name, gra.edge, gra.edge), names)) == [{"gra"}] * len(names)
    closed = [f'room-closed room="{name}"' for name in names]
    eventually(gra.log.read_text, lambda said: all(line in said for line in closed), seconds=40, what="all closed")
    # A second one of the same room would be written in the same second.
    time.sleep(1)
    said = gra.log.read_text()
    assert [said.count(line) for line in closed] == [1] * len(names)
