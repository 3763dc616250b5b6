"""A built archive, unpacked once, and one Redis for all; coroutine tests run to a deadline."""

import asyncio
import inspect
import shutil
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lab.engine import gotools
from lab.meeting_archive import MeetingArchive, build
from settings.servers import ServerName
from tests.conftest import skip_or_fail
from tests.meeting_server.certificate import certify
from tests.meeting_server.processes import HOST, Installation, Redis, Server

DEADLINE = 120  # seconds for one test; each wait inside has a shorter one that says more
PROGRAMS = {
    "node": "nodejs",
    "npm": "npm",
    "g++": "build-essential",
    "redis-server": "redis-server",
    "redis-sentinel": "redis-sentinel",
}

StartServer = Callable[..., Server]


def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run `async def` tests of this directory."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    arguments = {name: pyfuncitem.funcargs[name] for name in inspect.signature(pyfuncitem.obj).parameters}
    asyncio.run(asyncio.wait_for(pyfuncitem.obj(**arguments), DEADLINE))
    return True


@pytest.fixture(scope="session")
def archive() -> MeetingArchive:
    missing = [package for program, package in PROGRAMS.items() if not shutil.which(program)]
    if missing:
        skip_or_fail(f"the meeting server's tests need {', '.join(missing)}")
    return build()


@pytest.fixture(scope="session")
def installed(archive: MeetingArchive, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    directory = tmp_path_factory.mktemp("installed")
    with tarfile.open(archive.path) as tar:
        tar.extractall(directory, filter="tar")
    return Installation(directory / "server", *certify(directory, HOST))


@pytest.fixture(scope="session")
def program() -> Path:
    """The synthetic participants."""
    return gotools.build("load-participants")


@pytest.fixture(scope="session")
def redis(archive: MeetingArchive, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    with Redis(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture(scope="session")
def gra(installed: Installation, redis: Redis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """An instance as deployed, for tests that leave it as it was."""
    with Server(installed, tmp_path_factory.mktemp("gra"), "gra", {"redisOptions": redis.options}) as server:
        yield server


@pytest.fixture(scope="session")
def sbg(installed: Installation, redis: Redis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Another instance, with the same Redis and the same secret."""
    with Server(installed, tmp_path_factory.mktemp("sbg"), "sbg", {"redisOptions": redis.options}) as server:
        yield server


@pytest.fixture
def room(request: pytest.FixtureRequest) -> str:
    """A room that no other test uses."""
    name: str = request.node.name
    return name


@pytest.fixture
def start(installed: Installation, redis: Redis, tmp_path: Path) -> Iterator[StartServer]:
    """Starts servers by name; a key given replaces that key of the configuration."""
    servers: list[Server] = []

    def begin(
        name: str,
        kind: ServerName = "multiparty-meeting",
        **config: Any,  # noqa: ANN401 - any of config.js' shapes
    ) -> Server:
        server = Server(installed, tmp_path, name, {"redisOptions": redis.options, **config}, kind)
        servers.append(server)
        return server

    yield begin
    for server in servers:
        with server:
            pass
