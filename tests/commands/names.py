"""A resolver with records of a test's own, on this machine."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset


@dataclass
class Names:
    """Records by name and type, such as ("organisation.fr", "MX"); names that are broken are answered SERVFAIL."""

    records: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    address: str = ""

    def answer(self, query: dns.message.Message) -> dns.message.Message:
        """What a resolver says."""
        (question,) = query.question
        name, kind = question.name.to_text(omit_final_dot=True), dns.rdatatype.to_text(question.rdtype)
        reply = dns.message.make_response(query)
        reply.flags |= dns.flags.RA
        if any(name == one or name.endswith(f".{one}") for one in self.broken):
            reply.set_rcode(dns.rcode.SERVFAIL)
        elif found := self.records.get((name, kind)):
            reply.answer.append(dns.rrset.from_text(question.name, 60, dns.rdataclass.IN, question.rdtype, *found))
        elif not any(known == name or known.endswith(f".{name}") for known, _ in self.records):
            reply.set_rcode(dns.rcode.NXDOMAIN)
        return reply


@contextmanager
def resolver() -> Iterator[Names]:
    """One that listens."""
    found = Names()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way:
        way.bind(("127.0.0.1", 0))
        found.address = f"127.0.0.1:{way.getsockname()[1]}"

        def serve() -> None:
            while True:
                try:
                    text, client = way.recvfrom(4096)
                    way.sendto(found.answer(dns.message.from_wire(text)).to_wire(), client)
                except (OSError, dns.exception.DNSException):
                    return

        threading.Thread(target=serve, daemon=True).start()
        yield found
