"""Join a room through an edge and tell what happens.

python -m ops participant --edge https://meet.example.org --room lobby --peer one --seconds 30
"""

import asyncio
import json
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from drill.clients.edge import Edge
from drill.clients.events import Event
from drill.clients.participant import Participant
from fleet.command_line import CommandError


def main(
    *,
    edge: Annotated[str, "https://NAME_OR_ADDRESS[:PORT] of the edge"],
    room: Annotated[str, "the room"],
    peer: Annotated[str, "the participant's id"],
    host: Annotated[str | None, "the name to speak to it as, in TLS and in Host; else the edge's"] = None,
    resolve: Annotated[str | None, "the address to connect to instead of asking DNS"] = None,
    cacert: Annotated[Path | None, "trust anchors (PEM); else the system's"] = None,
    video: Annotated[bool, "send a small picture (VP8) besides sound (Opus)"] = False,
    seconds: Annotated[float, "how long to stay; 10 by default"] = 10,
    json_: Annotated[bool, "one JSON object per event instead of text"] = False,
) -> int:
    """Exit 0 when the SFU had media of this participant, 1 when it had none."""
    url = urlsplit(edge)
    if not url.hostname:
        raise CommandError(f"--edge {edge}: must be https://NAME_OR_ADDRESS[:PORT]")
    reached = Edge(host or url.hostname, resolve or url.hostname, url.port or 443, cacert)
    tell = _tell_json if json_ else _tell
    return asyncio.run(_attend(Participant(reached, room, peer, video=video, tell=tell), peer, seconds))


async def _attend(participant: Participant, peer: str, seconds: float) -> int:
    async with participant:
        await asyncio.sleep(seconds)
        summary = participant.summary()
    print(json.dumps({"event": "summary", "peer": peer, **summary}))
    return 0 if participant.traffic.grew else 1


def _tell(event: Event) -> None:
    print(event, flush=True)


def _tell_json(event: Event) -> None:
    print(json.dumps(event.as_json()), flush=True)
