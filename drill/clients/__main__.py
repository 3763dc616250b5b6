"""`python -m drill.clients`: join a room through an edge and tell what happens."""

import argparse
import asyncio
import json
import sys
from pathlib import Path
from urllib.parse import urlsplit

from drill.clients.edge import Edge
from drill.clients.events import Event
from drill.clients.participant import Participant


def main() -> int:
    """Exit 0 when messages came back through the SFU, 1 when none did."""
    options = _parser().parse_args()
    try:
        return asyncio.run(_attend(options))
    except KeyboardInterrupt:
        return 130


async def _attend(options: argparse.Namespace) -> int:
    url = urlsplit(options.edge)
    host = options.host or url.hostname
    edge = Edge(host, options.resolve or url.hostname, url.port or 443, options.cacert)
    tell = _tell_json if options.json else _tell
    async with Participant(edge, options.room, options.peer, audio=options.media == "audio", tell=tell) as participant:
        await asyncio.sleep(options.seconds)
        summary = participant.summary()
    print(json.dumps({"event": "summary", "peer": options.peer, **summary}))
    return 0 if participant.traffic.echoed else 1


def _tell(event: Event) -> None:
    print(event, flush=True)


def _tell_json(event: Event) -> None:
    print(json.dumps(event.as_json()), flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m drill.clients", description=__doc__)
    parser.add_argument("--edge", required=True, help="https://NAME_OR_ADDRESS[:PORT] of the edge")
    parser.add_argument("--host", help="the name to speak to it as, in TLS and in Host; default: the edge's")
    parser.add_argument("--resolve", metavar="IP", help="the address to connect to instead of asking DNS")
    parser.add_argument("--cacert", type=Path, help="trust anchors (PEM); default: the system's")
    parser.add_argument("--room", required=True)
    parser.add_argument("--peer", required=True)
    parser.add_argument(
        "--media", choices=["data", "audio"], default="data", help="numbered messages, or an Opus track as well"
    )
    parser.add_argument("--seconds", type=float, default=10, help="how long to stay (default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="one JSON object per event instead of text")
    return parser


if __name__ == "__main__":
    sys.exit(main())
