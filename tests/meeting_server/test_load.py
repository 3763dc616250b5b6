"""Synthetic participants against the stand-in, whose SFU is the real one: real signalling, ICE, DTLS and SRTP."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from drill.load.generator import Generator, Service, generator
from drill.load.ramp import Plan, ramp
from drill.load.report import row, summary
from drill.load.shape import Shape
from drill.load.step import Limits
from settings.servers import ServerName
from tests.meeting_server.conftest import StartServer
from tests.meeting_server.process_meter import process_meter
from tests.meeting_server.processes import Server
from tests.unit.waiting import eventually

# Loss and times are of a machine that others use too: what is asked for is that media flows.
ANYTHING = Limits(join=60, loss=100, jitter=60_000, busiest=1000)
SHAPE = Shape(3, audio=40, video=200, last_n=1)


@contextmanager
def _crowd(program: Path, server: Server, media: str = "127.0.0.1") -> Iterator[Generator]:
    edge = server.edge
    with generator(program, Service(edge.url, (edge.address,), (media,), edge.cacert), SHAPE, 0.05) as crowd:
        yield crowd


@pytest.mark.parametrize("kind", ["multiparty-meeting", "edumeet-3.5"])
def test_people_come_and_media_flows(program: Path, start: StartServer, kind: ServerName) -> None:
    """Two rooms of three: each gets two voices and one picture, the other one stays paused; then nobody is left."""
    server = start("load", kind)
    meter = process_meter(server.popen.pid)
    plan = Plan(SHAPE, most=6, step=3, hold=4.0)
    with _crowd(program, server) as crowd:
        found = ramp(plan, ANYTHING, crowd, meter, lambda step: print(row(step)))
        assert sorted(map(len, server.rooms().values())) == [3, 3]
        crowd.report()
    print("\n".join(summary(found)))
    assert found.ended == "the bound of 6 people"
    assert [(step.people, step.failed, step.silent) for step in found.steps] == [(0, 0, 0), (3, 0, 0), (6, 0, 0)]
    last = found.steps[-1]
    # 3 x 40 kbit/s would be all voices and no picture, 4 x 200 more than one picture each. A machine that stood still
    # for two of the four seconds had half.
    assert 6 * 0.12 < last.mbit < 6 * 0.6
    assert last.cores > 0
    assert last.generator > 0
    assert last.join
    eventually(server.rooms, lambda rooms: not any(rooms.values()), seconds=40, what="nobody is left")


def test_media_go_to_no_other_address(program: Path, start: StartServer) -> None:
    server = start("elsewhere")
    with _crowd(program, server, media="127.0.0.2") as crowd:
        crowd.join([("room", "somebody")])
        seen = eventually(crowd.report, lambda one: bool(one.failures), seconds=60, what="somebody is refused")
    assert seen.failures == ("the server offers 127.0.0.1 for media, which is none of the stacks' addresses",)
