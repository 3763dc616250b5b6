"""What an operator does to a deployed site: its cloud, its edges, its nameservers, its stack."""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from ipaddress import IPv4Address
from pathlib import Path

from fleet import edges, ssh
from fleet.bounded import AskingError
from fleet.edges import Admin, EdgeError
from fleet.fleet import DeployedServer, fleet
from fleet.meetings import meetings
from fleet.preview.changes import Effect, changes
from fleet.preview.preview import PreviewError, parse
from fleet.pulumi import UP, command
from fleet.redis import master
from fleet.stacks import Stack
from ops import drain, promote
from ops.promote import NotPromotedError
from ops.roll.health import lacking
from ops.roll.plan import Situation
from ops.roll.roll import StoppedError
from ops.roll.waiting import Left
from settings.environment import Environment
from settings.meeting import EXPORTER_PORT

# A login through an edge, and the exporter.
_ASK_SECONDS = 20
_OUT = ("DRAIN", "MAINT")


@dataclass(frozen=True)
class Operator:
    """Who rolls.

    Attributes:
        ssh: where to write the SSH configuration.
        identity: the private key to log in with; None: what the agent has.
        authority: of the edges' certificate, when it is a private one.
    """

    ssh: Path = Path(".ssh")
    identity: Path | None = None
    authority: Path | None = None


class SiteControls:
    """See `ops.roll.roll.Controls`, whose methods these are."""

    def __init__(self, site: str, stacks: dict[str, Stack], environment: Environment, operator: Operator) -> None:
        """`stacks`: those of all the environment's sites, by site."""
        self._site, self._stacks, self._environment, self._operator = site, stacks, environment, operator
        self._waits_for_edge = False
        self._look()

    def situation(self) -> Situation:
        """How the site is, and what a preview makes of it."""
        stack = self._stacks[self._site]
        try:
            shown = stack.pulumi("preview", "--json", "--show-sames")
            found = changes(parse(shown, f"stack {stack.name}"))
        except PreviewError as error:
            raise StoppedError(str(error)) from error
        gone = [change for change in found if change.effect in (Effect.REPLACED, Effect.DELETED)]
        leaving = frozenset(change.role for change in gone if change.role)
        self._waits_for_edge = "edge" in leaving and self._environment.edge.affinity
        states = list(self._states()) if self._environment.edge.affinity else []
        return Situation(
            changed=bool(found),
            leaving=leaving,
            zone=bool(self._fleet.nameservers),
            table=self._environment.edge.affinity,
            master=self._environment.redis.mode == "sentinel" and master(self._fleet, self._config) == self._site,
            drained=any(state in _OUT for state in states),
            closed=bool(states) and all(state == "MAINT" for state in states),
            dns_out=bool(self._edge and str(self._edge.public_address) in drain.overridden(self._fleet, self._run)),
        )

    def lacking(self, *, own: bool, serving: bool) -> list[str]:
        """What is not healthy; see `ops.roll.health`."""
        others = frozenset(self._stacks) - {self._site}
        sites = others | {self._site} if own else others
        up = others | {self._site} if serving else others
        table = self._environment.edge.affinity
        return lacking(self._fleet, self._config, self._operator.authority, sites=sites, serving=up, table=table)

    def dns(self, *, out: bool) -> None:
        """Tell every nameserver, and look at what each says."""
        assert self._edge  # noqa: S101 - planned only for a site that has one
        address = IPv4Address(str(self._edge.public_address))
        untold = drain.tell(self._fleet, self._run, address, drained=out)
        if not drain.report(self._fleet, address, drained=out) or untold:
            raise StoppedError(f"not every nameserver {'leaves out' if out else 'names'} {self._edge.name}: {untold}")

    def drain(self) -> None:
        """New rooms go elsewhere, at every edge."""
        self._tell("drain", "DRAIN")

    def close(self) -> None:
        """Every room goes elsewhere, and open connections are closed."""
        self._tell("maint", "MAINT")

    def open(self) -> None:
        """As before."""
        self._tell("ready", "UP")

    def left(self) -> Left:
        """Who is on the site's meeting servers, and comes through its edge where that is to be replaced."""
        rooms = people = through = 0
        unknown = []
        port = EXPORTER_PORT
        for server in self._own("meeting"):
            exporter = IPv4Address(server.backbone_address), port
            try:
                found = meetings(self._config, server.name, exporter, _ASK_SECONDS)
            except AskingError as error:
                unknown.append(f"{server.name}: {error}")
                continue
            rooms, people = rooms + found.rooms, people + found.people
        if self._waits_for_edge and self._edge:
            try:
                through = edges.connections(self._config, self._edge)
            except EdgeError as error:
                unknown.append(f"{self._edge.name}: {error}")
        return Left(rooms, people, through, tuple(unknown))

    def hand_over(self) -> None:
        """The first of the other service sites takes the master over."""
        target = next(site for site in self._environment.service_sites if site != self._site)
        servers = tuple(server for server in self._fleet.servers if server.site == target)
        try:
            print(promote.promote(replace(self._fleet, servers=servers), self._config))
        except NotPromotedError as error:
            raise StoppedError(str(error)) from error

    def apply(self) -> None:
        """`pulumi up` of the site's stack, its words as they come; then the servers are known anew, and told again."""
        stack = self._stacks[self._site]
        states = set(self._states()) if self._environment.edge.affinity else set()
        dns_out = bool(self._edge and str(self._edge.public_address) in drain.overridden(self._fleet, self._run))
        done = subprocess.run(command(*UP, stack=stack.name, directory=stack.file.parent), check=False)
        if done.returncode:
            raise StoppedError(f"pulumi up --stack {stack.name} failed: its own words are above")
        self._look()
        self._told_again(states, dns_out=dns_out)

    def _told_again(self, states: set[str], *, dns_out: bool) -> None:
        """A server that was made anew knows nothing of what the others were told."""
        if "MAINT" in states:
            self.close()
        elif "DRAIN" in states:
            self.drain()
        if dns_out:
            self.dns(out=True)

    def out(self) -> list[str]:
        """What is drained now, in words."""
        said = []
        if self._environment.edge.affinity:
            for edge in self._fleet.of("edge"):
                states = edges.instances(self._config, edge)
                said += [f"{edge.name} has {name} in {state}" for name, state in states.items() if state in _OUT]
        left_out = drain.overridden(self._fleet, self._run)
        return said + [
            f"{e.name} is out of the DNS" for e in self._fleet.of("edge") if str(e.public_address) in left_out
        ]

    @property
    def _edge(self) -> DeployedServer | None:
        return next(iter(self._own("edge")), None)

    def _own(self, role: str) -> list[DeployedServer]:
        return [server for server in self._fleet.of(role) if server.site == self._site]

    def _states(self) -> Iterator[str]:
        """Of the site's instances, at every edge that says."""
        for edge in self._fleet.of("edge"):
            states = edges.instances(self._config, edge)
            yield from (state for name, state in states.items() if self._is_own(name))

    def _tell(self, admin: Admin, seen: str) -> None:
        """Tell every edge about the instances that it knows, and look at what each says then."""
        for edge in self._fleet.of("edge"):
            try:
                known = [name for name in edges.instances(self._config, edge) if self._is_own(name)]
                edges.tell(self._config, edge, dict.fromkeys(known, admin))
            except EdgeError as error:
                raise StoppedError(f"{edge.name}: {error}") from error
            states = {name: state for name, state in edges.instances(self._config, edge).items() if name in known}
            if not known or not all(state.startswith(seen) or admin == "ready" for state in states.values()):
                raise StoppedError(f"{edge.name} was told {admin} and says {states or 'nothing'}")

    def _is_own(self, instance: str) -> bool:
        return instance.rpartition("-")[0] == self._site

    def _run(self, server: str, command: str) -> "subprocess.CompletedProcess[str]":
        return ssh.run(self._config, server, command)

    def _look(self) -> None:
        """Know the servers as they are now."""
        self._fleet = fleet(list(self._stacks.values()))
        self._config = ssh.write(self._fleet, self._operator.ssh, self._operator.identity)
