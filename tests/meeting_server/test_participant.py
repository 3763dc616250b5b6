import json
import subprocess
import sys
from dataclasses import replace

import pytest

from drill.clients import Participant
from tests.meeting_server.processes import HOST, Server


def test_command_joins_by_address_and_tells_in_json(gra: Server, room: str) -> None:
    options = ["--edge", f"https://127.0.0.1:{gra.edge.port}", "--host", HOST, "--cacert", str(gra.edge.cacert)]
    who = ["--room", room, "--peer", "alice", "--seconds", "2", "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "ops", "participant", *options, *who],
        capture_output=True,
        text=True,
        timeout=30,
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
