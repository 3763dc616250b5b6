"""Socket.io, version 2 of its protocol (Engine.io 3): the one the meeting server and its browser client speak.

The Python libraries that still speak it are no longer kept up, and each reconnection of theirs drops the cookies, the
trust anchor and the pinned address that a participant needs; the part of the protocol in use is small.
"""

import asyncio
import itertools
import json
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import aiohttp

# Engine.io's packet types, and after MESSAGE those of Socket.io, as the digits that open a packet.
OPEN, CLOSE, PING, PONG, MESSAGE, UPGRADE = "0", "1", "2", "3", "4", "5"
EVENT, ACK = "2", "3"
REQUEST_TIMEOUT = 10.0  # seconds
# What the server says of the room: it is open, also to who comes back; or a guest may not come in yet: a lobby, a
# login, a full room.
READY = frozenset({"roomReady", "roomBack"})
PARKED = frozenset({"enteredLobby", "signInRequired", "overRoomLimit"})
_PACKET = re.compile(r"(?P<id>\d*)(?P<body>.*)", re.DOTALL)


class SignallingError(Exception):
    """The connection could not be made, or a request was refused or not answered."""


@dataclass(frozen=True)
class Handlers:
    """What is called when the server speaks first; a request is answered as soon as its handler returns."""

    notification: Callable[[str, dict[str, Any]], None]
    request: Callable[[str, dict[str, Any]], None]


class Signalling:
    """One connection; it is not used again once `gone` is set."""

    def __init__(self, http: aiohttp.ClientSession, url: str, query: dict[str, str], handlers: Handlers) -> None:
        """Prepare a connection to the server at `url`, which sees `query` on each of its requests."""
        self.gone: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.instance = ""
        self._http = http
        self._url = f"{url}/socket.io/"
        self._query = {**query, "EIO": "3"}
        self._handlers = handlers
        self._ids = itertools.count()
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self._pong = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def connect(self) -> None:
        """Connect as browsers do: a poll for the session, then the change to a websocket.

        Raises:
            SignallingError: the server was not reached, or did not behave as one.
        """
        try:
            opened = await self._poll()
            query = {**self._query, "transport": "websocket", "sid": opened["sid"]}
            self._socket = await self._http.ws_connect(self._url, params=query)
            await self._socket.send_str(f"{PING}probe")
            if await self._socket.receive_str(timeout=10) != f"{PONG}probe":
                raise SignallingError("the websocket did not answer the probe")
            await self._socket.send_str(UPGRADE)
        except (aiohttp.ClientError, TimeoutError, TypeError, OSError) as error:
            raise SignallingError(f"{type(error).__name__}: {error}") from error
        timing = (opened["pingInterval"] / 1000, opened["pingTimeout"] / 1000)
        self._tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._ping(*timing))]

    async def request(self, method: str, data: dict[str, Any] | None = None, *, timeout: float = 15) -> Any:  # noqa: ANN401 - JSON
        """Ask the server for something.

        Raises:
            SignallingError: it refused, did not answer in time, or the connection ended meanwhile.
        """
        number = next(self._ids)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        try:
            await self._send(f"{MESSAGE}{EVENT}{number}", ["request", {"method": method, "data": data or {}}])
            await asyncio.wait([answer, self.gone], timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
            if not answer.done():
                why = self.gone.result() if self.gone.done() else f"no answer within {timeout} s"
                raise SignallingError(f"{method}: {why}")
            error, result = [*answer.result(), None, None][:2]
        finally:
            del self._answers[number]
        if error:
            raise SignallingError(f"{method}: {error}")
        return result

    async def close(self) -> None:
        """End the connection."""
        self._end("closed by the participant")
        for task in self._tasks:
            task.cancel()
        with suppress(AttributeError, aiohttp.ClientError, OSError):
            await self._socket.close()

    async def _poll(self) -> dict[str, Any]:
        async with self._http.get(self._url, params={**self._query, "transport": "polling"}) as response:
            body = await response.text()
            self.instance = response.headers.get("X-Instance", "")
            if response.status != 200:
                raise SignallingError(f"HTTP {response.status}: {body[:200]}")
        length, _, rest = body.partition(":")
        packet = rest[: int(length)] if length.isdigit() else ""
        if not packet.startswith(OPEN):
            raise SignallingError(f"not a Socket.io server: {body[:200]!r}")
        opened: dict[str, Any] = json.loads(packet[1:])
        return opened

    async def _send(self, head: str, body: list[Any]) -> None:
        with suppress(ConnectionError):  # `gone` says it
            await self._socket.send_str(head + json.dumps(body))

    async def _read(self) -> None:
        async for message in self._socket:
            if message.type is not aiohttp.WSMsgType.TEXT:
                break
            kind, rest = message.data[:1], message.data[1:]
            if kind == PONG:
                self._pong.set()
            elif kind == MESSAGE:
                await self._handle(rest)
            elif kind == CLOSE:
                break
        self._end("transport close")

    async def _handle(self, packet: str) -> None:
        parts = _PACKET.fullmatch(packet[1:])
        if packet[:1] not in (EVENT, ACK) or not parts:
            return
        body = json.loads(parts["body"])
        if packet[0] == ACK:
            answer = self._answers.get(int(parts["id"]))
            if answer and not answer.done():
                answer.set_result(body)
            return
        event, content = body
        if event == "notification":
            self._handlers.notification(content["method"], content.get("data") or {})
        elif event == "request":
            self._handlers.request(content["method"], content.get("data") or {})
            await self._send(f"{MESSAGE}{ACK}{parts['id']}", [None])

    async def _ping(self, interval: float, timeout: float) -> None:
        while not self.gone.done():
            await asyncio.sleep(interval)
            self._pong.clear()
            with suppress(ConnectionError):
                await self._socket.send_str(PING)
            try:
                await asyncio.wait_for(self._pong.wait(), timeout)
            except TimeoutError:
                self._end("ping timeout")

    def _end(self, reason: str) -> None:
        if not self.gone.done():
            self.gone.set_result(reason)
