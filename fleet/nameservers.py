"""What a nameserver says, asked directly: no resolver in between remembers an older answer."""

from dataclasses import dataclass

import dns.edns
import dns.exception
import dns.flags
import dns.message
import dns.query
import dns.rdatatype

TIMEOUT_SECONDS = 3.0


@dataclass(frozen=True)
class Answer:
    """The IPv4 addresses of a name, and the seconds that resolvers keep them."""

    addresses: frozenset[str]
    ttl: int


def ask(
    nameserver: str, name: str, *, port: int = 53, client: str | None = None, timeout: float = TIMEOUT_SECONDS
) -> Answer:
    """Ask one nameserver for the addresses of a name.

    Args:
        nameserver: its address.
        name: what for.
        port: its UDP port.
        client: a network on whose behalf to ask (RFC 7871, edns-client-subnet), as a large resolver does.
        timeout: seconds for each of two attempts.

    Raises:
        OSError: no answer, or not one that an authoritative server gives.
    """
    options = [dns.edns.ECSOption.from_text(client)] if client else []
    query = dns.message.make_query(name, "A", flags=0, use_edns=0, options=options)
    for attempt in (1, 2):
        try:
            response = dns.query.udp(query, nameserver, timeout=timeout, port=port)
            break
        except dns.exception.Timeout as silent:
            if attempt == 2:
                raise TimeoutError(f"{nameserver} says nothing about {name}") from silent
        except dns.exception.DNSException as broken:
            raise OSError(f"{nameserver}: {broken}") from broken
    if response.rcode() or not response.flags & dns.flags.AA:
        raise OSError(f"{nameserver} has no authority over {name}: {dns.rcode.to_text(response.rcode())}")
    sets = [found for found in response.answer if found.rdtype == dns.rdatatype.A]
    return Answer(
        frozenset(record.to_text() for found in sets for record in found), min((s.ttl for s in sets), default=0)
    )
