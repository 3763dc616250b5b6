"""The lab's API proxy: stands before every public endpoint, logs each call, and injects faults.

Services talk to each other directly, so what it sees is what the program under test asks for. One connection carries
one request: that keeps it small, and the services are on the same machine.
"""

import asyncio
import json
import socket
import struct
import time
from typing import TextIO

from lab.cloud.faults import CALLS, Injector
from lab.cloud.layout import HOME, KEYSTONE_PORT, MANAGEMENT, PUBLIC, SERVICES
from lab.cloud.settings import Settings

HEAD_LIMIT = 1 << 17
CHUNK = 1 << 16


class Front:
    """One public port: a service of a region."""

    def __init__(self, service: str, region: str, port: int, injector: Injector, log: TextIO) -> None:
        self._service, self._region, self._port = service, region, port
        self._injector, self._log = injector, log

    async def listen(self) -> None:
        """Take connections until the process ends."""
        server = await asyncio.start_server(self._handle, PUBLIC, self._port, limit=HEAD_LIMIT)
        await server.serve_forever()

    async def _handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            begun = time.time()
            method, path, _ = head.split(b"\r\n", 1)[0].decode().split(" ", 2)
            fault = self._injector.fault_for(self._service, self._region, method, path)
            if fault and fault.late:
                await asyncio.sleep(fault.late)
                fault = None
            if fault and fault.broken == "after":
                await self._pass_on(head, reader, None)
            elif fault:
                await _drain_body(head, reader)
            if fault and fault.broken:
                _reset(writer)
                status = 0
            elif fault:
                writer.write(_error(fault.status, fault.retry_after))
                status = fault.status
            else:
                status = await self._pass_on(head, reader, writer)
            self._write(begun, method, path, status, bool(fault))
            await writer.drain()
        except (asyncio.IncompleteReadError, OSError, ValueError):
            pass  # the client went away, or spoke no HTTP
        finally:
            writer.close()

    async def _pass_on(self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter | None) -> int:
        """Have the service answer to somebody, or to nobody; its status."""
        try:
            up_reader, up_writer = await asyncio.open_connection(MANAGEMENT, self._port, limit=HEAD_LIMIT)
        except OSError:
            if writer:
                writer.write(_error(503))
            return 503
        body = asyncio.create_task(_copy(reader, up_writer))
        try:
            up_writer.write(_closing(head))
            answer = await up_reader.readuntil(b"\r\n\r\n")
            if writer:
                writer.write(_closing(answer))
                await _copy(up_reader, writer)
            return int(answer.split(b" ", 2)[1])
        finally:
            body.cancel()
            up_writer.close()

    def _write(self, begun: float, method: str, path: str, status: int, injected: bool) -> None:
        call = {
            "time": round(begun, 3),
            "service": self._service,
            "region": self._region,
            "method": method,
            "path": path,
            "status": status,
            "seconds": round(time.time() - begun, 4),
            "injected": injected,
        }
        self._log.write(json.dumps(call) + "\n")
        self._log.flush()


def _closing(head: bytes) -> bytes:
    """A head that says that the connection carries nothing more."""
    lines = [line for line in head[:-4].split(b"\r\n") if not line.lower().startswith((b"connection:", b"keep-alive:"))]
    return b"\r\n".join([*lines, b"Connection: close", b"", b""])


def _reset(writer: asyncio.StreamWriter) -> None:
    """Break the connection off."""
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


def _error(status: int, retry_after: int = 0) -> bytes:
    body = json.dumps({"error": {"code": status, "message": "injected by the lab", "title": "Lab"}}).encode()
    head = f"HTTP/1.1 {status} Lab\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    head += f"Retry-After: {retry_after}\r\n" if retry_after else ""
    return head.encode() + b"Connection: close\r\n\r\n" + body


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(CHUNK):
        writer.write(data)
        await writer.drain()


async def _drain_body(head: bytes, reader: asyncio.StreamReader) -> None:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            await reader.readexactly(int(line.split(b":", 1)[1]))


async def serve() -> None:
    """Stand before every endpoint of the lab."""
    settings, injector = Settings.read(), Injector(HOME)
    with (HOME / CALLS).open("a") as log:
        fronts = [Front("identity", "", KEYSTONE_PORT, injector, log)]
        fronts += [
            Front(service, region.name, region.port(service), injector, log)
            for region in settings.regions
            for service in SERVICES
        ]
        await asyncio.gather(*(front.listen() for front in fronts))


if __name__ == "__main__":
    asyncio.run(serve())
