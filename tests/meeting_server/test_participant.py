import asyncio
import json
import subprocess
import sys
from dataclasses import replace
from typing import Self

import pytest

from drill.clients import Participant
from drill.clients.traffic import STALLED
from tests.edge.quiet import Standstill
from tests.meeting_server.processes import HOST, Server
from tests.meeting_server.receiving import received
from tests.unit.waiting import eventually


def test_command_joins_by_address_and_tells_in_json(gra: Server, room: str) -> None:
    options = ["--edge", f"https://127.0.0.1:{gra.edge.port}", "--host", HOST, "--cacert", str(gra.edge.cacert)]
    who = ["--room", room, "--peer", "alice", "--seconds", "15", "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "ops", "participant", *options, *who],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [entry["event"] for entry in told[:2]] == ["page", "signalling"]
    assert {"joined", "candidates", "media-connected", "media-flowing"} <= {entry["event"] for entry in told}
    times = [entry["at"] for entry in told if "at" in entry]
    assert times == sorted(times)
    assert told[-1]["event"] == "summary"
    assert told[-1]["instance"] == "gra"


async def test_untrusted_certificate_is_refused(gra: Server, room: str) -> None:
    async with Participant(replace(gra.edge, cacert=None), room, "alice") as alice:
        failed = await alice.log.wait_for("failed")
    assert "CERTIFICATE_VERIFY_FAILED" in failed.fields["error"]
    assert room not in gra.rooms()


async def test_certificate_of_another_name_is_refused(gra: Server, room: str) -> None:
    async with Participant(replace(gra.edge, host="other.test"), room, "alice") as alice:
        failed = await alice.log.wait_for("failed")
    assert "Hostname mismatch" in failed.fields["error"]


async def test_a_wait_in_vain_says_what_was_seen(gra: Server, room: str) -> None:
    async with Participant(gra.edge, room, "alice") as alice:
        await alice.log.wait_for("joined")
        with pytest.raises(TimeoutError, match=r"no 'peer-joined other=bob' within 0.1 s; last seen:(.|\n)*joined"):
            await alice.log.wait_for("peer-joined", timeout=0.1, other="bob")


async def test_media_flow_on_while_the_edge_is_silent(gra: Server, room: str) -> None:
    """They do not pass it: a lost edge is no pause for those who are in a room."""
    async with _Silenced(gra.edge.port) as silenced:
        through = replace(gra.edge, port=silenced.port)
        async with Participant(through, room, "alice") as alice, Participant(gra.edge, room, "bob") as bob:
            for one, other in ((alice, "bob"), (bob, "alice")):
                await received(one, other, audio=5)
            silenced.passes.clear()
            await asyncio.sleep(2)
            seen = len(alice.log.events)
            with Standstill() as standstill:
                for one, other in ((alice, "bob"), (bob, "alice")):
                    await received(one, other, audio=one.summary()["frames"][other]["audio"] + 50)
                await asyncio.to_thread(eventually, lambda: alice.traffic.flowing, bool, seconds=30, what="it flows")
            events = alice.log.events[seen:]
            assert "disconnected" not in {event.name for event in events}
            stalled = [event.fields["silent"] for event in events if event.name == "media-stalled"]
            assert max(stalled, default=0) <= STALLED + standstill.longest


class _Silenced:
    """A way to a port that passes nothing on, and closes nothing, while `passes` is not set."""

    def __init__(self, port: int) -> None:
        self.port = 0
        self.passes = asyncio.Event()
        self.passes.set()
        self._to = port

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._take, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self._to)
        await asyncio.gather(self._pass(reader, back), self._pass(there, writer))

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            await self.passes.wait()
            writer.write(data)
        writer.close()
