"""Where a name leads, for the authority that asks there before it signs."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from tests.edge.fleet import OUTSIDE, Fleet
from tests.unit.disk import program


@contextmanager
def name_leads_to(fleet: Fleet, name: str, address: str) -> Iterator[None]:
    """A DNS server for the authority that knows this one alone."""
    words = ["--keep-in-foreground", "--no-resolv", "--no-hosts", "--bind-interfaces", f"--listen-address={OUTSIDE}"]
    dnsmasq = program("dnsmasq", "dnsmasq-base")
    server = subprocess.Popen(fleet.wire.command(dnsmasq, *words, f"--address=/{name}/{address}"))
    try:
        fleet.wire.listens(53)
        yield
    finally:
        fleet.wire.run("pkill", "dnsmasq")
        server.wait(timeout=10)
