"""A built archive, unpacked once, and one Redis for all; coroutine tests run to a deadline."""

import asyncio
import datetime
import inspect
import shutil
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from lab.meeting_archive import MeetingArchive, build
from tests.conftest import skip_or_fail
from tests.meeting_server.processes import HOST, Installation, Redis, Server

DEADLINE = 45  # seconds for one test; each wait inside has a shorter one that says more
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
    return Installation(directory / "server", *_certificate(directory))


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

    def begin(name: str, **config: Any) -> Server:  # noqa: ANN401 - any of config.js' shapes
        server = Server(installed, tmp_path, name, {"redisOptions": redis.options, **config})
        servers.append(server)
        return server

    yield begin
    for server in servers:
        with server:
            pass


def _certificate(directory: Path) -> tuple[Path, Path]:
    """A certificate for HOST that is its own trust anchor, as the fleet's certificate is pinned."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, HOST)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    paths = directory / "cert.pem", directory / "key.pem"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return paths
