"""The DNS records that an operator has set for a test environment, and those that outlive it."""

from collections.abc import Callable, Iterable

import dns.exception
import dns.resolver

from fleet.outputs import DnsRecord

_ASK_SECONDS = 5.0
# What a name's records of a type are, or why that is not known.
Resolve = Callable[[str, str], frozenset[str] | str]


def line(record: DnsRecord) -> str:
    """As in a zone's file."""
    return f"{record.name} {record.ttl} IN {record.type} {record.value}"


def resolve(name: str, type_: str) -> frozenset[str] | str:
    """Ask as everybody does, by this machine's resolver."""
    try:
        answer = dns.resolver.resolve(name, type_, lifetime=_ASK_SECONDS, search=False)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return frozenset()
    except (dns.exception.DNSException, OSError) as error:
        return f"{type(error).__name__}"
    return frozenset(one.to_text() for one in answer)


def dangling(records: Iterable[DnsRecord], resolve: Resolve) -> list[str]:
    """A sentence for each record that still stands, or may: its address is somebody else's soon."""
    found = []
    for record in records:
        answer = resolve(record.name, record.type)
        if isinstance(answer, str):
            found.append(f"{line(record)}: whether it still stands cannot be asked: {answer}")
        elif record.value in answer:
            found.append(f"{line(record)} still stands: whoever gets the address next answers for the name")
    return found
