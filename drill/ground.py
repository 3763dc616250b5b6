"""The ground that a drill runs on: the lab's servers, cables and stacks, and what can be done to them."""

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

import yaml

from lab import outages
from lab.deployment import Deployment
from lab.redis_clients import RedisClients, redis_clients
from lab.workspace import ENVIRONMENT, STACKS, configure
from ops import edges, probes, ssh
from ops.fleet import DeployedServer, Fleet, described
from ops.stacks import StackError
from settings import PROJECT
from settings.environment import Environment

UP_SECONDS = 1500
COMMAND_SECONDS = 60
BOOT_SECONDS = 240


class GroundError(Exception):
    """The ground is not as a drill needs it, or does not do what it is told; the message says what was last seen."""


class Ground:
    """A deployed lab. The calling thread is in its network while the ground is open."""

    text = "the lab: emulated servers of three regions on one machine"

    def __init__(self, deployment: Deployment, redis: RedisClients, fleet: Fleet, environment: Environment) -> None:
        self.deployment = deployment
        self.redis = redis
        self.fleet = fleet
        self.environment = environment
        self._config = ssh.write(fleet, deployment.ssh_directory, deployment.identity)

    @property
    def config(self) -> Path:
        """The SSH configuration that reaches every server."""
        return self._config

    @property
    def authority(self) -> Path:
        """The authority of the edges' certificate."""
        return self.deployment.authority

    @property
    def primary(self) -> str:
        """The site that new rooms and pages go to."""
        return self.environment.primary

    @property
    def secondary(self) -> str:
        """The other service site."""
        return self.environment.service_sites[1]

    def server(self, role: str, site: str) -> DeployedServer:
        """The first server of a role on a site."""
        return next(server for server in self.fleet.of(role) if server.site == site)

    def shell(self, server: DeployedServer, command: str) -> str:
        """Run a command on a server.

        Raises:
            GroundError: it failed, or did not end.
        """
        try:
            done = ssh.run(self._config, server.name, command, timeout=COMMAND_SECONDS)
        except subprocess.TimeoutExpired as error:
            raise GroundError(f"{server.name}: {command}: no answer in {error.timeout:.0f} s") from error
        if done.returncode:
            raise GroundError(f"{server.name}: {command}: {(done.stderr or done.stdout).strip()[-300:]}")
        return done.stdout

    def backbone_split(self) -> AbstractContextManager[None]:
        """The two service sites do not see each other, and both see the witness."""
        return outages.backbone_split(self.deployment, self.primary, self.secondary)

    def isolated(self, site: str) -> AbstractContextManager[None]:
        """A site without any link."""
        return outages.isolated(self.deployment, site)

    def master_at(self, site: str) -> None:
        """Have a site's Redis be the master, as an operator would.

        Raises:
            GroundError: it refuses.
        """
        if self.redis.settled() != site:
            self.shell(self.redis.servers[site], "sudo redis-promote")
            self.redis.settled()

    def replaced(self, server: DeployedServer) -> None:
        """`pulumi up` makes one server anew."""
        stack = f"{ENVIRONMENT}-{server.site}"
        exported = json.loads(self.deployment.pulumi(stack, "stack", "export").stdout)
        urn = next(
            resource["urn"]
            for resource in exported["deployment"]["resources"]
            if resource.get("outputs", {}).get("id") == server.id or resource.get("id") == server.id
        )
        self._up(stack, "--replace", urn)

    def rolled(self, site: str) -> None:
        """`pulumi up` makes every server of a site anew, one after the other."""
        stack = f"{ENVIRONMENT}-{site}"
        file = self.deployment.directory / f"Pulumi.{stack}.yaml"
        generation = yaml.safe_load(file.read_text())["config"].get(f"{PROJECT}:generation", 1)
        configure(self.deployment.directory, stack, {"generation": int(generation) + 1})
        self._up(stack)

    def lacking(self) -> list[str]:
        """What keeps the environment from bearing the next fault; empty when it is whole."""
        said = [unsettled] if (unsettled := self.redis.unsettled()) else []
        for edge in self.fleet.of("edge"):
            try:
                status = probes.ask(str(edge.public_address), str(self.fleet.domain), authority=self.authority).status
            except OSError as error:
                said.append(f"{edge.name}: {error}")
                continue
            if status != 200:
                said.append(f"{edge.name} answers {status}")
                continue
            said += [
                f"{edge.name} finds {name} {state}"
                for name, state in edges.instances(self._config, edge).items()
                if not state.startswith("UP")
            ]
        return said

    def wait_whole(self, *, deadline: float) -> float:
        """Wait until nothing is lacking; the seconds it took.

        Raises:
            GroundError: it did not come; with what was last lacking.
        """
        begun = time.monotonic()
        while lacking := self.lacking():
            if time.monotonic() - begun > deadline:
                raise GroundError(f"not whole again in {deadline:.0f} s; lacking: {'; '.join(lacking)}")
            time.sleep(1)
        return time.monotonic() - begun

    def repair(self) -> list[str]:
        """Undo what an interrupted drill left; what was done, in words."""
        done = outages.repair(self.deployment, self.fleet.servers)
        stopped = {"meeting": "multiparty-meeting", "redis": "redis-server redis-sentinel", "edge": "haproxy"}
        for server in self.fleet.servers:
            if units := stopped.get(server.role):
                go_on = f"for unit in {units}; do sudo systemctl kill --signal=CONT $unit; done"
                self._patiently(server, f"{go_on}; sudo systemctl start {units}")
        return [*done, "every daemon runs"]

    def _patiently(self, server: DeployedServer, command: str) -> None:
        """A server that was started again takes a while until it lets anybody in."""
        deadline = time.monotonic() + BOOT_SECONDS
        while True:
            try:
                self.shell(server, command)
                return
            except GroundError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(3)

    def _up(self, stack: str, *args: str) -> None:
        try:
            self.deployment.pulumi(stack, "up", "--yes", "--skip-preview", *args, timeout=UP_SECONDS)
        except StackError as error:
            raise GroundError(str(error)) from error
        self.fleet = described([self.deployment.outputs(name) for name in STACKS])
        self._config = ssh.write(self.fleet, self.deployment.ssh_directory, self.deployment.identity)
        self.redis.servers = {server.site: server for server in [*self.fleet.of("redis"), *self.fleet.of("witness")]}


@contextmanager
def lab_ground(deployment: Deployment) -> Iterator[Ground]:
    """A lab that is up and deployed.

    Raises:
        GroundError: it is not.
    """
    if not deployment.lab.is_up:
        raise GroundError(f"the lab {deployment.lab.name} is not up: make demo")
    try:
        fleet = described([deployment.outputs(stack) for stack in STACKS])
    except (StackError, KeyError) as error:
        raise GroundError(f"the lab's stacks are not deployed: make demo ({error})") from error
    project = yaml.safe_load((deployment.directory / "Pulumi.yaml").read_text())
    environment = Environment.model_validate(project["config"][f"{PROJECT}:environments"]["value"][ENVIRONMENT])
    with ExitStack() as stack:
        stack.enter_context(deployment.lab.network())
        redis = stack.enter_context(redis_clients(deployment, fleet))
        yield Ground(deployment, redis, fleet, environment)
