"""A resolver of a home: answers by UDP what a file says at that moment, and writes down what it was asked."""

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any, cast

import dns.message
import dns.rdatatype
import dns.rrset


class Names(asyncio.DatagramProtocol):
    """One answer for each question, in the order of the file."""

    def __init__(self, zone: Path, log: Path) -> None:
        self.zone, self.log = zone, log

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep where answers go."""
        self.transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Answer."""
        query = dns.message.from_wire(data)
        (question,) = query.question
        kind = dns.rdatatype.to_text(question.rdtype)
        with self.log.open("a") as log:
            log.write(f"{time.time()} {question.name} {kind}\n")
        zone: dict[str, Any] = json.loads(self.zone.read_text())
        response = dns.message.make_response(query, recursion_available=True)
        if records := zone["answers"].get(kind):
            response.answer = [dns.rrset.from_text(question.name, zone["ttl"], "IN", kind, *records)]
        self.transport.sendto(response.to_wire(), addr)


async def main(address: str, zone: str, log: str) -> None:
    """Until the wire ends."""
    loop = asyncio.get_running_loop()
    await loop.create_datagram_endpoint(lambda: Names(Path(zone), Path(log)), (address, 53))
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
