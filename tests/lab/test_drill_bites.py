"""The drill fails when what it is about is missing: running servers are made worse, and the one exercise shows it."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from boot.live import HOME
from fleet import ssh
from fleet.fleet import DeployedServer, Fleet
from lab.deployment import Deployment
from recovery.fault import Fault
from settings.duration import milliseconds
from settings.edge import PEERS_PORT
from settings.environment import Environment
from settings.redis import MASTER_NAME, WITNESS_PATIENCE, Sentinel
from tests.lab.drilling import drilled

pytestmark = [pytest.mark.lab, pytest.mark.timeout(900)]

CONFIG = f"{HOME}/haproxy/haproxy.cfg"
TABLE = "inet without_peers"
KEY = "down-after-milliseconds"
SENTINEL = (
    "sudo sh -c '. /etc/multiparty/redis/auth.env; export REDISCLI_AUTH; redis-cli $AS -p 26379 SENTINEL SET {} {} {}'"
)


@dataclass
class Servers:
    """The lab's servers as they are now, and how to run something on each."""

    fleet: Fleet
    environment: Environment
    config: Path

    def run(self, servers: list[DeployedServer], command: str) -> None:
        """Run a command on each of some servers."""
        for server in servers:
            done = ssh.run(self.config, server.name, command, timeout=60)
            assert done.returncode == 0, f"{server.name}: {command}: {done.stdout}{done.stderr}"

    @contextmanager
    def changed(self, servers: list[DeployedServer], command: str, undo: str) -> Iterator[None]:
        """Something done to each of some servers, and undone."""
        self.run(servers, command)
        try:
            yield
        finally:
            self.run(servers, undo)


@contextmanager
def without_shutdown(servers: Servers) -> Iterator[None]:
    """People stay connected to an instance that is found lost."""
    edit = f"sudo sed --in-place=.kept 's/ on-marked-down shutdown-sessions//' {CONFIG}"
    check = f"! sudo grep --quiet on-marked-down {CONFIG} && sudo systemctl reload haproxy"
    undo = f"sudo mv {CONFIG}.kept {CONFIG} && sudo systemctl reload haproxy"
    with servers.changed(servers.fleet.of("edge"), f"{edit} && {check}", undo):
        yield


@contextmanager
def twice_down_after(servers: Servers) -> Iterator[None]:
    """Sentinels wait twice as long as the settings say before they take a master for down."""
    redis = servers.environment.redis
    assert isinstance(redis, Sentinel)
    wait = milliseconds(redis.down_after)
    with ExitStack() as stack:
        for role, each in (("redis", wait), ("witness", wait + WITNESS_PATIENCE)):
            done, undo = (SENTINEL.format(MASTER_NAME, KEY, given) for given in (2 * each, each))
            stack.enter_context(servers.changed(servers.fleet.of(role), done, undo))
        yield


@contextmanager
def without_peers(servers: Servers) -> Iterator[None]:
    """Each edge knows only the rooms that it has seen itself."""
    rules = [f"add table {TABLE}"]
    for hook in ("input", "output"):
        rules += [
            f"add chain {TABLE} {hook} {{ type filter hook {hook} priority 0; }}",
            f"add rule {TABLE} {hook} tcp dport {PEERS_PORT} drop",
            f"add rule {TABLE} {hook} tcp sport {PEERS_PORT} drop",
        ]
    command = " && ".join(f"sudo nft '{rule}'" for rule in rules)
    with servers.changed(servers.fleet.of("edge"), command, f"sudo nft delete table {TABLE}"):
        yield


@pytest.fixture
def servers(deployment: Deployment) -> Servers:
    """As the stacks' outputs describe them now."""
    fleet = deployment.fleet()
    return Servers(fleet, deployment.settings(), ssh.write(fleet, deployment.ssh_directory, deployment.identity))


@dataclass(frozen=True)
class Bite:
    """What is taken away, the exercise that it matters to, and the measure that has to be missed."""

    mutation: Callable[[Servers], AbstractContextManager[None]]
    fault: Fault
    measure: str


BITES = {
    "without on-marked-down shutdown-sessions": Bite(without_shutdown, Fault.MEETING_SERVER_OFF, "media"),
    "with twice the down_after": Bite(twice_down_after, Fault.REDIS_MASTER_OFF, "detect"),
    "without the room table's peers": Bite(without_peers, Fault.MEETING_SERVER_OFF, "rooms split"),
}


@pytest.mark.parametrize("what", BITES)
def test_the_drill_bites(deployment: Deployment, servers: Servers, tmp_path: Path, what: str) -> None:
    """The exercise fails by the measure that is about what was taken away."""
    bite = BITES[what]
    with bite.mutation(servers):
        report = drilled(deployment, tmp_path, bite.fault)
    assert report is not None
    (one,) = report.drilled
    assert bite.measure in [m.name for m in one.measures if not m.met], [
        (m.name, m.seen, m.budget) for m in one.measures
    ]
