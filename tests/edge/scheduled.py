"""What schedules are done to: both sites' edges and two nodes a site, and what each step does to them."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

from boot.edge.caddy import caddy_bundle
from boot.edge.haproxy import haproxy_bundle
from fleet import edges, nodes, ssh
from fleet.edges import Admin
from fleet.fleet import DeployedServer
from tests.edge.fleet import Fleet
from tests.unit.boot.golden import TWO_NODES
from tests.unit.waiting import eventually

CHANGES = TWO_NODES | {"env.participants": 1000}
CONFIG = Path("unused")
SITES = ("gra", "sbg")
EDGES = [DeployedServer(s, "1", s, s.upper(), "edge", None, "10.17.0.4", None) for s in SITES]
UP_SECONDS = 60


class Scheduled:
    """A fleet that steps are done to."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet

    @contextmanager
    def operated(self) -> Iterator[None]:
        """Operators' commands reach the edges, but for the login."""

        def run(config: Path, server: str, command: str, **_: object) -> "subprocess.CompletedProcess[str]":
            return self.fleet.edges[server].run("sh", "-c", command.removeprefix("sudo "), check=False)

        with mock.patch.object(ssh, "run", run):
            yield

    def do(self, what: str, target: str, *, end: bool) -> None:
        """A step, or its end where it has one: to an instance, to an edge, or to what one edge sends the other."""
        if what in ("killed", "off"):
            self._lose(what, target, back=end)
        elif what == "drained":
            self._tell(target, "ready" if end else "drain")
        elif what == "cut":
            other = next(site for site in SITES if site != target)
            verb = "delete" if end else "add"
            self.fleet.edges[target].run("ip", "route", verb, "blackhole", f"{self.fleet.edges[other].address}/32")
        elif what == "restarted":
            self.fleet.edges[target].run("pkill", "-KILL", "haproxy")
        elif what == "replaced":
            self.fleet.replace_edge(target)
        else:
            edge = self.fleet.edges[target]
            for bundle in (haproxy_bundle(edge.settings), caddy_bundle(edge.settings)):
                edge.take(bundle)

    def _lose(self, what: str, name: str, *, back: bool) -> None:
        instance = self.fleet.instances[name]
        if back:
            instance.start()
            if what == "off":
                instance.cut(off=False)
        else:
            if what == "off":
                instance.cut(off=True)
            instance.kill()

    def _tell(self, name: str, admin: Admin) -> None:
        """As `make drain NODE=` does, again until both edges have heard it."""
        eventually(
            lambda: nodes.tell(CONFIG, EDGES, frozenset({name}), admin),
            lambda failed: failed == {},
            seconds=UP_SECONDS,
            what=f"{name} {admin} at both edges",
        )

    def wait_up(self) -> None:
        """Wait until both edges find every instance up, and nobody drained."""
        expected = [dict.fromkeys(self.fleet.instances, "UP")] * len(EDGES)
        eventually(
            lambda: [edges.instances(CONFIG, edge) for edge in EDGES],
            expected.__eq__,
            seconds=UP_SECONDS,
            what="every instance up at both edges",
        )

    def logs(self) -> list[str]:
        """The end of what the edges' daemons said of rooms."""
        return [
            f"{site} {daemon}: {edge.log(daemon)[-2000:]}"
            for site, edge in self.fleet.edges.items()
            for daemon in ("rooms-whole", "haproxy")
        ]
