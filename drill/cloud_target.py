"""A deployed environment of an OpenStack, such as OVH's, as a target: what its API and a login can do, and no more.

There is no place on the backbone for a client: lost writes are not counted, the session behind every page is.
"""

import json
import shlex
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from typing_extensions import override

from drill.clients.writing import Writing
from drill.target import Reach, Target, TargetError
from fleet import ssh
from fleet.cloud import connect
from fleet.environment import name_of, settings_of_all
from fleet.fleet import DeployedServer, fleet
from fleet.power import act, bring_back
from fleet.redis import redis_findings
from fleet.stacks import Stack, StackError, stacks
from recovery.fault import Fault
from settings.environment import Environment
from settings.redis import SENTINEL_PORT

_NO_SPLIT = "no API cuts one pair of sites from each other; the lab does"
_AUTH = ". /etc/multiparty/redis/auth.env; export REDISCLI_AUTH"
_SUBSCRIBE = f"{_AUTH}; exec redis-cli $AS -p {SENTINEL_PORT} --csv PSUBSCRIBE '*'"
_MASTER = (
    f"{_AUTH}; . /etc/multiparty/boot.env; "
    f'redis-cli $AS -p {SENTINEL_PORT} --raw SENTINEL GET-MASTER-ADDR-BY-NAME "$MASTER_NAME"'
)


@dataclass(frozen=True)
class Operator:
    """Who drills.

    Attributes:
        directory: where the stacks' files are.
        identity: the private key to log in with; None: what the agent has.
        authority: of the edges' certificate, when it is a private one.
        production: whether a production environment may be drilled.
    """

    directory: Path = Path()
    identity: Path | None = None
    authority: Path | None = None
    production: bool = False


class CloudTarget(Target):
    """An environment that is reached as its operators reach it; OS_* and SSH are theirs."""

    text = "OpenStack, by its API: a server that is stopped has a minute to say goodbye"

    def __init__(
        self, name: str, environment: Environment, deployed: Sequence[Stack], *, reach: Reach, authority: Path | None
    ) -> None:
        super().__init__(name, environment, fleet(list(deployed)), reach=reach, authority=authority)
        self._stacks = {str(stack.raw()["site"]): stack for stack in deployed}

    @override
    def impossible(self) -> Mapping[Fault, str]:
        no_zone = (
            {} if self.fleet.zone_names else {Fault.NAMESERVER_LOST: "the environment has no delegated zone (dns)"}
        )
        return {Fault.BACKBONE_CUT: _NO_SPLIT, **no_zone}

    @override
    def delegated(self) -> None:
        """It is, or the fault is impossible."""

    @override
    def writing(self, site: str, key: str) -> Writing | None:
        return None

    @override
    def subscribed(self) -> dict[str, "subprocess.Popen[str]"]:
        return {
            site: subprocess.Popen(
                [*ssh.login(self.config, server.name), f"sudo sh -c {shlex.quote(_SUBSCRIBE)}"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
            for site, server in self.redis_servers.items()
        }

    @override
    def surviving(self, key: str) -> set[int]:
        return set()

    @override
    def master(self) -> str:
        (witness,) = self.fleet.of("witness")
        named = self.shell(witness, f"sudo sh -c {shlex.quote(_MASTER)}").split()[:1]
        for site, server in self.redis_servers.items():
            if [server.backbone_address] == named:
                return site
        raise TargetError(f"the witness' Sentinel names {' '.join(named) or 'nobody'}, who is none of the fleet")

    @override
    def redis_lacking(self) -> str:
        return "; ".join(f"{f.what}: {f.said}" for f in redis_findings(self.fleet, self.config) if not f.good)

    @override
    @contextmanager
    def paused(self, *servers: DeployedServer) -> Iterator[None]:
        act(servers, "pause")
        try:
            yield
        finally:
            act(servers, "unpause")

    @override
    @contextmanager
    def powered_off(self, *servers: DeployedServer) -> Iterator[None]:
        act(servers, "stop")
        try:
            yield
        finally:
            act(servers, "start")

    @override
    @contextmanager
    def isolated(self, site: str) -> Iterator[None]:
        servers = [server for server in self.fleet.servers if server.site == site]
        _ports(servers, up=False)
        try:
            yield
        finally:
            _ports(servers, up=True)

    @override
    def backbone_split(self) -> AbstractContextManager[None]:
        raise TargetError(_NO_SPLIT)

    @override
    def replaced(self, server: DeployedServer) -> None:
        stack = self._stacks[server.site]
        resources = json.loads(stack.pulumi("stack", "export"))["deployment"]["resources"]
        self._up(stack, "--replace", next(resource["urn"] for resource in resources if resource.get("id") == server.id))

    @override
    def rolled(self, site: str) -> None:
        stack = self._stacks[site]
        stack.pulumi("config", "set", "generation", str(int(stack.raw().get("generation", 1)) + 1))
        self._up(stack)

    @override
    def rebuilt(self, site: str) -> None:
        stack = self._stacks[site]
        try:
            # Only who has said so drills production, where public addresses are protected.
            stack.pulumi("state", "unprotect", "--all", "--yes")
            stack.pulumi("destroy", "--yes", "--skip-preview")
        except StackError as error:
            raise TargetError(str(error)) from error
        self._up(stack)
        if self.fleet.zone_names:
            # The others' zones name the site's new addresses once they have asked its stack.
            for other in self._stacks.values():
                self._up(other)

    @override
    def back(self) -> list[str]:
        _ports(self.fleet.servers, up=True)
        return ["every port is up", *bring_back(self.fleet.servers)]

    def _up(self, stack: Stack, *args: str) -> None:
        try:
            stack.pulumi("up", "--yes", "--skip-preview", *args)
            self._meet(fleet(list(self._stacks.values())))
        except StackError as error:
            raise TargetError(str(error)) from error


@contextmanager
def cloud_target(names: Sequence[str], operator: Operator) -> Iterator[CloudTarget]:
    """The environment of these stacks.

    Args:
        names: the stacks of all its sites.
        operator: whose environment it is.

    Raises:
        TargetError: a stack is missing or not up, they are not one environment, or it is production.
    """
    try:
        named = stacks(list(names), operator.directory)
        name, environment = name_of(named), settings_of_all(named)
        if environment.witness is None:
            raise TargetError(
                f"{name} has no witness: after a lost master nobody elects another one, and a person has to promote "
                "(`make promote`); a drill measures what happens by itself"
            )
        if environment.kind == "production" and not operator.production:
            raise TargetError(f"{name} is a production environment: people will notice; --yes-i-mean-it")
        with TemporaryDirectory(prefix="drill-") as directory:
            reach = Reach(Path(directory), operator.identity)
            yield CloudTarget(name, environment, named, reach=reach, authority=operator.authority)
    except StackError as error:
        raise TargetError(str(error)) from error


def _ports(servers: Sequence[DeployedServer], *, up: bool) -> None:
    for server in servers:
        network = connect(server.region).network
        for port in network.ports(device_id=server.id):
            network.update_port(port, admin_state_up=up)
