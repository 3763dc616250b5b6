"""The stacks with a public release in the users' own build's place, and people who meet on it."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager

from drill.clients import Participant
from fleet.fleet import Fleet
from lab import meeting_archive
from lab.deployment import Deployment
from lab.meeting_image import pulled_from
from settings.servers import ServerName
from tests.lab.configured import Configured
from tests.lab.conftest import through
from tests.meeting_server.receiving import received


@contextmanager
def released(deployment: Deployment, configured: Configured, kind: ServerName, access: str) -> Iterator[None]:
    """Every instance is a container of the image, which is pulled by its digest; `access` is that to Redis."""
    with pulled_from(deployment.lab, meeting_archive.build(), kind) as image:
        meeting = {
            "server": kind,
            "delivery": {"type": "container", "image": image},
            "config": {"standIn": {"server": kind}},
        }
        configured.deploy({"meeting": meeting, "redis": {"access": access}})
        yield


def heard_and_seen(deployment: Deployment, fleet: Fleet) -> None:
    """Two people, one through each edge, have sound and pictures of each other, on one instance."""
    asyncio.run(_meet(deployment, fleet))


async def _meet(deployment: Deployment, fleet: Fleet) -> None:
    room = f"upstream-{time.time_ns()}"
    doors = {site: through(deployment, fleet, site) for site in ("gra", "sbg")}
    async with (
        Participant(doors["gra"], room, "alice", video=True) as alice,
        Participant(doors["sbg"], room, "bob", video=True) as bob,
    ):
        await received(alice, "bob", audio=25, video=3)
        await received(bob, "alice", audio=25, video=3)
        assert alice.instance == bob.instance != ""
