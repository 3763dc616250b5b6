"""Two people in a room, as browsers that relay alone: through the TURN server that the meeting server tells them of.

Reads JSON from standard input: the server's name, address and certificate. Writes what each was told, where its media
went, and how many frames of the other's it heard.
"""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from aiortc import RTCIceGatherer, RTCIceServer, RTCIceTransportPolicy

from drill.clients import Edge, Participant, media
from drill.clients.events import Event

FRAMES, PATIENCE = 50, 30.0  # a second of Opus
told: list[dict[str, Any]] = []


def gatherer(**_: object) -> RTCIceGatherer:
    """For a transport of whoever was told last; the library takes one address alone."""
    server = told[-1]
    (url,) = [url for url in server["urls"] if url.startswith("turns:")]
    own = RTCIceServer(url, username=server["username"], credential=server["credential"])
    return RTCIceGatherer([own], RTCIceTransportPolicy.RELAY)


def tell(event: Event) -> None:
    """Keep the TURN server that comes with the room."""
    if event.name == "room-ready" and event.fields["turn"]:
        told.extend(event.fields["turn"])


async def main() -> None:
    """Both come, hear each other, and leave."""
    given = json.load(sys.stdin)
    vars(media)["RTCIceGatherer"] = gatherer  # what browsers have a setting for
    edge = Edge(given["host"], given["address"], given["port"], Path(given["certificate"]))
    people = [Participant(edge, "behind-443", name, tell=tell) for name in ("alice", "bob")]
    async with people[0], people[1]:
        try:
            async with asyncio.timeout(PATIENCE):
                while min(_heard(person) for person in people) < FRAMES:
                    await asyncio.sleep(0.1)
        except TimeoutError:
            for event in (event for person in people for event in person.log.events):
                print(event, file=sys.stderr)
        seen = [{"told": len(told), "heard": _heard(person), **person.summary()} for person in people]
    print(json.dumps(seen, default=str))


def _heard(person: Participant) -> int:
    return sum(sink.frames for (_, kind), sink in person.sinks.items() if kind == "audio")


if __name__ == "__main__":
    asyncio.run(main())
