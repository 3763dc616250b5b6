"""People in rooms, through one edge or the other: requests and websockets that say which instance answered."""

import asyncio
import base64
import json
import time
from contextlib import AbstractAsyncContextManager
from typing import Any
from urllib.parse import quote

import aiohttp

from drill.clients import Edge
from tests.edge.fleet import DOMAIN, Fleet

PATIENCE = 20  # seconds that a request may take


class Person:
    """Someone who reaches the service through the edge of a site."""

    def __init__(self, fleet: Fleet, site: str) -> None:
        self.edge = Edge(DOMAIN, str(fleet.edges[site].address), cacert=fleet.cacert)

    def get(self, path: str) -> dict[str, Any]:
        """What the instance says to a request, with the status and the seconds it took."""
        return asyncio.run(self._get(path))

    def asks(self, room: str) -> str:
        """The instance that answers a poll of the room; the status where none does."""
        answer = self.get(f"/socket.io/?peerId=p&roomId={quote(room)}&EIO=3&transport=polling")
        return str(answer.get("instance", answer["status"]))

    def returns(self, room: str) -> str:
        """The instance that a login's way back leads to."""
        state = base64.b64encode(json.dumps({"peerId": "p", "roomId": room}).encode()).decode()
        return str(self.get(f"/auth/callback?state={quote(state)}&code=1").get("instance"))

    def session(self) -> AbstractAsyncContextManager[aiohttp.ClientSession]:
        """For what takes longer than one request."""
        return self.edge.session(PATIENCE)

    def talk(self, session: aiohttp.ClientSession, room: str) -> Any:  # noqa: ANN401 - aiohttp's context manager
        """A websocket to the room."""
        return session.ws_connect(f"{self.edge.url}/socket.io/?peerId=p&roomId={room}&EIO=3&transport=websocket")

    async def _get(self, path: str) -> dict[str, Any]:
        begun = time.monotonic()
        async with self.edge.session(PATIENCE) as session, session.get(f"{self.edge.url}{path}") as response:
            body = await response.json() if response.status == 200 else {}
            return {**body, "status": response.status, "seconds": time.monotonic() - begun}
