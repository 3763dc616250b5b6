"""In an SFU's place: whatever comes to a media port goes back to where it came from, by UDP and by TCP."""

import asyncio
import sys
from typing import cast


class Echo(asyncio.DatagramProtocol):
    """Sends back."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep where answers go."""
        self.transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """One packet for each."""
        self.transport.sendto(data, addr)


async def _stream(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(2048):
        writer.write(data)


async def main(port: int) -> None:
    """Until the host ends."""
    await asyncio.get_running_loop().create_datagram_endpoint(Echo, ("0.0.0.0", port))
    async with await asyncio.start_server(_stream, "0.0.0.0", port) as server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
