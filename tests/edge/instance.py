"""A meeting server's outside: HTTPS, pages, long polls and websockets that say which instance answers."""

import asyncio
import ssl
import sys

from aiohttp import WSMsgType, web

PORT = 3443


def application(name: str) -> web.Application:
    """An instance that answers everything with its name and with what it was asked."""

    async def answer(request: web.Request) -> web.StreamResponse:
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await talk(request)
        await asyncio.sleep(float(request.query.get("wait", 0)))
        return web.json_response(
            {"instance": name, "path": request.path_qs, "headers": dict(request.headers), "peer": request.remote}
        )

    async def talk(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                await socket.send_str(f"{name}: {message.data}")
        return socket

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    return app


def main() -> None:
    """Serve as the instance named by the first argument, with the certificate and key of the others."""
    name, certificate, key = sys.argv[1:]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    web.run_app(application(name), port=PORT, ssl_context=context, print=None, shutdown_timeout=0.1)


if __name__ == "__main__":
    main()
