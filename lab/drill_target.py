"""The lab as a target: outages at its cables and by its cloud, clients on its backbone."""

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from typing_extensions import override

from drill.clients.writing import Writing
from drill.target import Reach, Target, TargetError
from fleet.fleet import DeployedServer
from fleet.stacks import StackError
from lab import demo, outages
from lab.cloud.shell import LabError
from lab.deployment import Deployment
from lab.redis_clients import RedisClients, redis_clients
from lab.workspace import ENVIRONMENT, SITES, STACKS, renew
from recovery.fault import Fault
from settings.environment import Environment

UP_SECONDS = 1500
# The zone that the lab's own name server delegates.
ZONE = {"dns": {"zone": "ha.lab.example"}}


class LabTarget(Target):
    """A lab that is up and deployed; the calling thread is in its network."""

    def __init__(self, deployment: Deployment, redis: RedisClients, environment: Environment, directory: Path) -> None:
        fleet = deployment.fleet()
        reach = Reach(directory, deployment.identity)
        super().__init__(ENVIRONMENT, environment, fleet, reach=reach, authority=deployment.authority)
        self._deployment = deployment
        self.redis = redis
        hypervisor = deployment.lab.hypervisor
        self.text = f"the lab: a real OpenStack of three regions on one machine, {hypervisor.text}"
        self.servers = hypervisor.figures

    @override
    def impossible(self) -> Mapping[Fault, str]:
        return {}

    @override
    def delegated(self) -> None:
        """Two rounds: the servers' addresses are known to the others once all have answered for themselves."""
        if self.fleet.zone_names:
            return
        for changes in (ZONE, ZONE | {"deployed": list(SITES)}):
            self._deployment.prepare(changes)
            demo.deploy(self._deployment)
        self._deployment.set_dns_records()
        self._look_again()

    @override
    def writing(self, site: str, key: str) -> Writing:
        return self.redis.writing(site, key)

    @override
    def subscribed(self) -> dict[str, "subprocess.Popen[str]"]:
        return {site: self.redis.subscribed(site) for site in self.redis.servers}

    @override
    def surviving(self, key: str) -> set[int]:
        return self.redis.surviving(key)

    @override
    def master(self) -> str:
        try:
            return self.redis.settled()
        except LabError as error:
            raise TargetError(str(error)) from error

    @override
    def redis_lacking(self) -> str:
        return self.redis.unsettled()

    @override
    def paused(self, *servers: DeployedServer) -> AbstractContextManager[None]:
        return outages.paused(*servers)

    @override
    def powered_off(self, *servers: DeployedServer) -> AbstractContextManager[None]:
        return outages.powered_off(*servers)

    @override
    def isolated(self, site: str) -> AbstractContextManager[None]:
        return outages.isolated(self._deployment, site)

    @override
    def backbone_split(self) -> AbstractContextManager[None]:
        return outages.backbone_split(self._deployment, self.primary, self.secondary)

    @override
    def replaced(self, server: DeployedServer) -> None:
        self._up(f"{ENVIRONMENT}-{server.site}", "--replace", self._deployment.urn(server))

    @override
    def rolled(self, site: str) -> None:
        stack = f"{ENVIRONMENT}-{site}"
        renew(self._deployment.directory, stack)
        self._up(stack)

    @override
    def rebuilt(self, site: str) -> None:
        stack = f"{ENVIRONMENT}-{site}"
        try:
            self._deployment.pulumi(stack, "destroy", "--yes", "--skip-preview", timeout=UP_SECONDS)
        except StackError as error:
            raise TargetError(str(error)) from error
        self._up(stack)
        self.redis.probes[site].plug()
        if self.fleet.zone_names:
            # The others' zones name the site's new addresses once they have asked its stack.
            for other in STACKS:
                self._up(other)
        self._deployment.set_dns_records()

    @override
    def back(self) -> list[str]:
        return outages.repair(self._deployment, self.fleet.servers)

    def _up(self, stack: str, *args: str) -> None:
        try:
            self._deployment.pulumi(stack, "up", "--yes", "--skip-preview", *args, timeout=UP_SECONDS)
        except StackError as error:
            raise TargetError(str(error)) from error
        self._look_again()

    def _look_again(self) -> None:
        self.environment = self._deployment.settings()
        self._meet(self._deployment.fleet())
        self.redis.servers = self.redis_servers


@contextmanager
def lab_target(deployment: Deployment) -> Iterator[LabTarget]:
    """A lab that is up and deployed.

    Raises:
        TargetError: it is not.
    """
    if not deployment.lab.is_up:
        raise TargetError(f"the lab {deployment.lab.name} is not up: make demo")
    try:
        fleet = deployment.fleet()
    except StackError as error:
        raise TargetError(f"the lab's stacks are not deployed: make demo ({error})") from error
    if lacking := set(SITES) - {server.site for server in fleet.servers}:
        raise TargetError(f"the lab's stacks are not deployed: make demo (no servers at {', '.join(sorted(lacking))})")
    with ExitStack() as stack:
        stack.enter_context(deployment.lab.network())
        redis = stack.enter_context(redis_clients(deployment, fleet))
        directory = Path(stack.enter_context(TemporaryDirectory(prefix="drill-")))
        yield LabTarget(deployment, redis, deployment.settings(), directory)
