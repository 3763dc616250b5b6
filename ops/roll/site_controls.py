"""What an operator does to a deployed site: its cloud, its edges, its nameservers, its stack."""

import subprocess
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from ipaddress import IPv4Address
from pathlib import Path

from fleet import edges, lease, ssh
from fleet.bounded import AskingError
from fleet.edges import EdgeError
from fleet.fleet import DeployedServer, known
from fleet.meetings import meetings
from fleet.nodes import WORDS
from fleet.preview.changes import Effect, changes
from fleet.pulumi import UP, command
from fleet.redis import master
from fleet.rooms import OUT, instance_name
from fleet.stacks import Stack
from ops import drain, promote
from ops.promote import NotPromotedError
from ops.roll.health import Reach, lacking
from ops.roll.plan import Situation
from ops.roll.previewed import previewed
from ops.roll.roll import StoppedError
from ops.roll.site_instances import SiteInstances
from ops.roll.waiting import Left
from settings.environment import Environment
from settings.meeting import EXPORTER_PORT

# A login through an edge, and the exporter.
_ASK_SECONDS = 20


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
        # The meeting servers that are replaced or deleted.
        self._leaving: frozenset[str] = frozenset()
        # What `pulumi up` is told beside.
        self._options: tuple[str, ...] = ()
        self._look()

    def situation(self) -> Situation:
        """How the site is, and what a preview makes of it."""
        found = changes(previewed(self._stacks[self._site], self._environment))
        gone = [change for change in found if change.effect in (Effect.REPLACED, Effect.DELETED)]
        leaving = frozenset(change.role for change in gone if change.role)
        self._leaving = frozenset(change.name for change in gone if change.role == "meeting")
        self._waits_for_edge = "edge" in leaving
        return replace(
            self.standing(),
            changed=bool(found),
            leaving=leaving,
            master=self._environment.redis.mode == "sentinel" and master(self._fleet, self._config) == self._site,
        )

    def standing(self) -> Situation:
        """How the site is, by what edges and nameservers say that can be asked."""
        states = self._instances.states()
        # One that is no server's any more stays in the other site's table until that is applied.
        there = {instance_name(server.name, self._site) for server in self._own("meeting")}
        own = [state for edge in states.values() for name, state in edge.items() if name in there]
        going = {instance_name(name, self._site) for name in self._leaving}
        closing = [edge.get(name, "gone") for edge in states.values() for name in going]
        return Situation(
            changed=False,
            leaving=frozenset(),
            zone=bool(self._fleet.nameservers),
            table=self._environment.edge.affinity,
            drained=any(state in OUT for state in own),
            closed=bool(closing) and all(state == "MAINT" for state in closing),
            dns_out=self._is_out(),
        )

    def lacking(self, *, own: bool, others: bool) -> list[str]:
        """What is not healthy; see `ops.roll.health`."""
        named = frozenset(s.name for s in self._fleet.servers if (own if self._is_concerned(s) else others))
        # Before it is let in again it has to be healthy, and need not be in service.
        serving = named if others else frozenset()
        reach = Reach(self._config, self._operator.authority, table=self._environment.edge.affinity)
        return lacking(self._fleet, reach, servers=named, serving=serving, together=others)

    def dns(self, *, out: bool) -> None:
        """Tell every nameserver, and look at what each says."""
        assert self._edge  # noqa: S101 - planned only for a site that has one
        address = IPv4Address(str(self._edge.public_address))
        untold = drain.tell(self._fleet, self._run, address, drained=out)
        if not drain.report(self._fleet, address, drained=out) or untold:
            raise StoppedError(f"not every nameserver {'leaves out' if out else 'names'} {self._edge.name}: {untold}")

    def drain(self) -> None:
        """New rooms go elsewhere, at every edge."""
        self._instances.tell("drain", self._leaving)

    def close(self) -> None:
        """Every room goes elsewhere, and open connections are closed."""
        self._instances.tell("maint", self._leaving)

    def open(self) -> None:
        """As before, whatever was taken out."""
        self._instances.tell("ready", frozenset(server.name for server in self._own("meeting")))

    def left(self) -> Left:
        """Who is on the meeting servers that leave, and comes through the site's edge where that is to be replaced."""
        rooms = people = through = 0
        unknown = []
        counted = self._waits_for_edge and self._environment.edge.affinity
        for server in self._own("meeting"):
            # Without a room table nobody counts who comes through the edge: then whoever is on the site.
            if server.name not in self._leaving and (counted or not self._waits_for_edge):
                continue
            exporter = IPv4Address(server.backbone_address), EXPORTER_PORT
            try:
                found = meetings(self._config, server.name, exporter, _ASK_SECONDS)
            except AskingError as error:
                unknown.append(f"{server.name}: {error}")
                continue
            rooms, people = rooms + found.rooms, people + found.people
        if counted and self._edge:
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
        before = {
            name: state for edge in self._instances.states().values() for name, state in edge.items() if state in OUT
        }
        dns_out = self._is_out()
        line = command(*UP, *self._options, stack=stack.name, directory=stack.file.parent)
        done = subprocess.run(line, check=False)
        if done.returncode:
            raise StoppedError(f"pulumi up --stack {stack.name} failed: its own words are above")
        self._look()
        # A server that was made anew knows nothing of what the others were told.
        here = {name for edge in self._instances.states().values() for name in edge}
        for admin, word in WORDS.items():
            out = {name for name, state in before.items() if state == word} & here
            if out:
                self._instances.tell(
                    admin, frozenset(s.name for s in self._own("meeting") if instance_name(s.name, self._site) in out)
                )
        if dns_out:
            self.dns(out=True)

    def alone(self) -> AbstractContextManager[None]:
        """Be the only one who is at work on the environment; HeldError when somebody else is."""
        return lease.held(self._config, self._fleet.of("edge"))

    def forget_others(self) -> None:
        """Whoever was at work no longer is."""
        lease.clear(self._config, self._fleet.of("edge"))

    def out(self) -> list[str]:
        """What is drained now, in words."""
        return [*self._taken_out(), *self.silent()] + (
            [f"{self._edge.name} is out of the DNS"] if self._edge and self._is_out() else []
        )

    def silent(self) -> list[str]:
        """The edges that do not say what they keep from the site, and why; the stacks that are not known."""
        return [*self._instances.silent(), *(finding.said for finding in self._fleet.unknown)]

    def _taken_out(self) -> list[str]:
        return [
            f"{edge} has {name} in {state}"
            for edge, states in self._instances.states().items()
            for name, state in states.items()
            if state in OUT
        ]

    @property
    def _edge(self) -> DeployedServer | None:
        return next(iter(self._own("edge")), None)

    def _own(self, role: str) -> list[DeployedServer]:
        return [server for server in self._fleet.of(role) if server.site == self._site]

    def _is_concerned(self, server: DeployedServer) -> bool:
        """Whether a server is one of those that are rolled."""
        return server.site == self._site

    def _is_out(self) -> bool:
        """Whether a nameserver leaves the site's edge out."""
        edge = self._edge
        return bool(edge and str(edge.public_address) in drain.overridden(self._fleet, self._run))

    def _run(self, server: str, command: str) -> "subprocess.CompletedProcess[str]":
        return ssh.run(self._config, server, command, timeout=_ASK_SECONDS)

    def _look(self) -> None:
        """Know the servers as they are now."""
        self._fleet = known(list(self._stacks.values()))
        self._config = ssh.write(self._fleet, self._operator.ssh, self._operator.identity)
        table = self._fleet.of("edge") if self._environment.edge.affinity else []
        self._instances = SiteInstances(self._site, table, self._config)
