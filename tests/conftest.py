"""What all tests share: what runs beside what, and a loud skip that CI does not accept."""

import contextlib
import os
from typing import NoReturn

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from lab import network_namespace
from tests.debian import PackageError, cloud_init_package

# These start a cloud, which takes the machine: one after the other, those with booted servers last.
CLOUD = ("engine", "lab")


def skip_or_fail(reason: str) -> NoReturn:
    """Skip on a developer's machine; where CI=true, what CI must run and cannot is a failure."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"cannot be skipped in CI: {reason}")
    pytest.skip(reason)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options of this project's tests."""
    parser.addoption("--lab", help="a lab that is up, such as demo, for tests/lab to use and to leave up")


def pytest_sessionstart() -> None:
    """Tests that run beside others have a network of their own: loopback addresses and ports meet nobody else's.

    Only root makes networks; what others may run, the unit tests, can do without. What comes from outside is fetched
    before, by the process that has the workers started; a test that misses it says so.
    """
    if "PYTEST_XDIST_WORKER" not in os.environ:
        with contextlib.suppress(PackageError, FileNotFoundError):
            cloud_init_package()
    elif os.geteuid() == 0:
        network_namespace.alone()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What needs a cloud comes first: it takes longest."""
    items.sort(key=lambda item: (*CLOUD, room := _room(item.nodeid)).index(room))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """For tests that run beside others: what a worker takes as a whole."""
    return Rooms(config, log)


class Rooms(LoadScopeScheduling):  # type: ignore[misc] # xdist ships no types
    """All that needs a cloud is one worker's; else the tests of a file."""

    def _split_scope(self, nodeid: str) -> str:
        return "cloud" if _room(nodeid) in CLOUD else nodeid.partition("::")[0]


def _room(nodeid: str) -> str:
    return nodeid.split("/")[1]
