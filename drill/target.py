"""The target that a drill runs on: a deployed environment, how it is, and what can be done to it."""

import subprocess
from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from drill.clients.writing import Writing
from fleet import edges, https, ssh
from fleet.fleet import DeployedServer, Fleet
from fleet.until import until
from recovery.client import Servers
from recovery.fault import Fault
from settings.environment import Environment

COMMAND_SECONDS = 60
BOOT_SECONDS = 240
# Between two looks at whether all is whole.
WHOLE_PAUSE = 0.2
# What a killed drill may have left standing still or stopped, by the role of the server.
_UNITS = {"meeting": "multiparty-meeting", "redis": "redis-server redis-sentinel", "edge": "haproxy"}


class TargetError(Exception):
    """The target is not as a drill needs it, or does not do what it is told; the message says what was last seen."""


@dataclass(frozen=True)
class Reach:
    """How a drill logs in: a directory of its own, of a short name, and the private key (None: what the agent has)."""

    directory: Path
    identity: Path | None = None


class Target(ABC):
    """A deployed environment of two service sites and a witness.

    Attributes:
        text: where it is, for the report.
        servers: what its servers take to start, where no setting bounds it.
        environment: its settings.
        fleet: its servers; another one after a server was replaced.
        config: the SSH configuration that reaches every server.
        authority: of the edges' certificate, when it is a private one.
        name: of the environment.
    """

    text: str
    servers: Servers = Servers()

    def __init__(
        self, name: str, environment: Environment, fleet: Fleet, *, reach: Reach, authority: Path | None = None
    ) -> None:
        self.name, self.environment, self.authority = name, environment, authority
        self._reach = reach
        self._meet(fleet)

    @abstractmethod
    def impossible(self) -> Mapping[Fault, str]:
        """The faults that cannot be done here, each with the reason."""

    @abstractmethod
    def delegated(self) -> None:
        """Have a zone that the edges and the witness answer for."""

    @abstractmethod
    def writing(self, site: str, key: str) -> Writing | None:
        """A client on a site's backbone that writes numbers to Redis; None where there is no place for one."""

    @abstractmethod
    def subscribed(self) -> dict[str, "subprocess.Popen[str]"]:
        """A client of each Sentinel, by site, that hears what it announces: `redis-cli --csv PSUBSCRIBE`."""

    @abstractmethod
    def surviving(self, key: str) -> set[int]:
        """The numbers that the master has."""

    @abstractmethod
    def master(self) -> str:
        """The site of the Redis master, once Redis has settled."""

    @abstractmethod
    def redis_lacking(self) -> str:
        """What is not as it is when one master has all replicas and every Sentinel knows all; empty when it is."""

    @abstractmethod
    def paused(self, *servers: DeployedServer) -> AbstractContextManager[None]:
        """Servers that stand still: nothing answers, no connection is closed."""

    @abstractmethod
    def powered_off(self, *servers: DeployedServer) -> AbstractContextManager[None]:
        """Servers without power; at the end they boot."""

    @abstractmethod
    def isolated(self, site: str) -> AbstractContextManager[None]:
        """A site without any link, whose servers run on."""

    @abstractmethod
    def backbone_split(self) -> AbstractContextManager[None]:
        """The two service sites do not see each other, and both see the witness."""

    @abstractmethod
    def replaced(self, server: DeployedServer) -> None:
        """`pulumi up` makes one server anew."""

    @abstractmethod
    def rolled(self, site: str) -> None:
        """`pulumi up` makes every server of a site anew, one after the other."""

    @abstractmethod
    def rebuilt(self, site: str) -> None:
        """`pulumi destroy` takes everything of a site away, addresses too; `pulumi up` makes it anew."""

    @abstractmethod
    def back(self) -> list[str]:
        """Every cable in and every server started; what was done, in words."""

    @property
    def primary(self) -> str:
        """The site that new rooms and pages go to."""
        return self.environment.primary

    @property
    def secondary(self) -> str:
        """The other service site."""
        return self.environment.service_sites[1]

    @property
    def redis_servers(self) -> dict[str, DeployedServer]:
        """The Redis servers by site, the witness among them."""
        return {server.site: server for server in [*self.fleet.of("redis"), *self.fleet.of("witness")]}

    def server(self, role: str, site: str) -> DeployedServer:
        """The first server of a role on a site."""
        return next(server for server in self.fleet.of(role) if server.site == site)

    def instances(self, site: str) -> list[DeployedServer]:
        """The meeting servers of a site."""
        return [server for server in self.fleet.of("meeting") if server.site == site]

    def shell(self, server: DeployedServer, command: str) -> str:
        """Run a command on a server.

        Raises:
            TargetError: it failed, or did not end.
        """
        try:
            done = ssh.run(self.config, server.name, command, timeout=COMMAND_SECONDS)
        except subprocess.TimeoutExpired as error:
            raise TargetError(f"{server.name}: {command}: no answer in {error.timeout:.0f} s") from error
        if done.returncode:
            raise TargetError(f"{server.name}: {command}: {(done.stderr or done.stdout).strip()[-300:]}")
        return done.stdout

    def master_at(self, site: str) -> None:
        """Have a site's Redis be the master, as an operator would.

        Raises:
            TargetError: it refuses.
        """
        if self.master() != site:
            self.shell(self.redis_servers[site], "sudo redis-promote")
            self.master()

    def lacking(self) -> list[str]:
        """What keeps the environment from bearing the next fault; empty when it is whole."""
        said = [unsettled] if (unsettled := self.redis_lacking()) else []
        for edge in self.fleet.of("edge"):
            try:
                status = https.ask(str(edge.public_address), str(self.fleet.domain), authority=self.authority).status
            except OSError as error:
                said.append(f"{edge.name}: {error}")
                continue
            if status != 200:
                said.append(f"{edge.name} answers {status}")
                continue
            states = edges.instances(self.config, edge)
            said += [f"{edge.name} finds {name} {s}" for name, s in states.items() if not s.startswith("UP")]
        return said

    def wait_whole(self, *, deadline: float) -> float:
        """Wait until nothing is lacking; the seconds it took.

        Raises:
            TargetError: it did not come; with what was last lacking.
        """
        what = f"{self.name} whole again"
        return until(
            lambda: "; ".join(self.lacking()), seconds=deadline, what=what, error=TargetError, pause=WHOLE_PAUSE
        )

    def repair(self) -> list[str]:
        """Undo what an interrupted drill left; what was done, in words."""
        done = self.back()
        for server in self.fleet.servers:
            if units := _UNITS.get(server.role):
                go_on = f"for unit in {units}; do sudo systemctl kill --signal=CONT $unit; done"
                self._patiently(server, f"{go_on}; sudo systemctl start {units}")
        return [*done, "every daemon runs"]

    def _meet(self, fleet: Fleet) -> None:
        """Know the servers as they are now."""
        self.fleet = fleet
        self.config = ssh.write(fleet, self._reach.directory, self._reach.identity, shared=self._reach.directory)

    def _patiently(self, server: DeployedServer, command: str) -> None:
        """A server that was started again takes a while until it lets anybody in."""

        def refused() -> str:
            try:
                self.shell(server, command)
            except TargetError as error:
                return str(error)
            return ""

        until(refused, seconds=BOOT_SECONDS, what=f"{server.name} up again", error=TargetError, pause=3)
