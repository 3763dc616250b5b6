"""A meeting server's outside: HTTPS, pages, long polls and websockets that say which instance answers.

An upgrade outside of Socket.io's path gets no answer, as engine.io does it (`destroyUpgrade`); nor does CONNECT. While
Redis has no master (SIGUSR1, until SIGUSR2) nothing is answered: the session middleware has every request wait.
"""

import asyncio
import signal
import ssl
import sys
from contextlib import suppress

from aiohttp import WSMsgType, web

PORT = 3443
SOCKET_IO = "/socket.io"
DESTROY_UPGRADE_SECONDS = 1  # engine.io's destroyUpgradeTimeout


class Instance:
    """Answers everything with its name and with what it was asked."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.redis = asyncio.Event()
        self.redis.set()

    async def listen(self, _: web.Application) -> None:
        """To what becomes of Redis."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGUSR1, self.redis.clear)
        loop.add_signal_handler(signal.SIGUSR2, self.redis.set)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """By what is asked for."""
        if "Upgrade" in request.headers:
            return await self.upgrade(request)
        if request.method == "CONNECT":
            return closed(request)
        if request.raw_path.startswith(SOCKET_IO) and "EIO" not in request.query:
            return self.bad()
        await self.redis.wait()
        await asyncio.sleep(float(request.query.get("wait", 0)))
        said = {"path": request.path_qs, "headers": dict(request.headers), "peer": request.remote}
        own = {"Referrer-Policy": request.query["say"]} if "say" in request.query else {}
        return web.json_response({"instance": self.name, **said, "body": await request.text()}, headers=own)

    async def upgrade(self, request: web.Request) -> web.StreamResponse:
        """A websocket in its place, and nothing else."""
        if request.raw_path.startswith(SOCKET_IO):
            return await self.talk(request) if request.headers["Upgrade"].lower() == "websocket" else self.bad()
        await asyncio.sleep(DESTROY_UPGRADE_SECONDS)
        return closed(request)

    async def talk(self, request: web.Request) -> web.WebSocketResponse:
        """A websocket that repeats what it hears."""
        socket = web.WebSocketResponse()
        with suppress(ConnectionResetError):
            await socket.prepare(request)
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    await socket.send_str(f"{self.name}: {message.data}")
        return socket

    def bad(self) -> web.Response:
        """Bad Request, as Socket.io says of what it does not understand."""
        return web.json_response({"instance": self.name}, status=400)


def closed(request: web.Request) -> web.Response:
    """No answer, but the end of the connection."""
    if request.transport:
        request.transport.close()
    return web.Response()


def main() -> None:
    """Serve as the instance named by the first argument, with the certificate and key of the others."""
    name, certificate, key = sys.argv[1:]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    app = web.Application()
    instance = Instance(name)
    app.on_startup.append(instance.listen)
    app.router.add_route("*", "/{path:.*}", instance.answer)
    web.run_app(app, port=PORT, ssl_context=context, print=None, shutdown_timeout=0.1)


if __name__ == "__main__":
    main()
