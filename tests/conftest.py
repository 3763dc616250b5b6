"""What all tests share: what runs beside what, and a loud skip that CI does not accept."""

import os
from pathlib import Path
from typing import NoReturn

import pytest

from support import network

# These start a cloud, which takes the machine: one after the other, those with booted servers last.
CLOUD = ("engine", "lab_room", "lab")


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

    Only root makes networks; what others may run, the unit tests, can do without.
    """
    if "PYTEST_XDIST_WORKER" in os.environ and os.geteuid() == 0:
        network.alone()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What `--dist loadgroup` keeps together: all that needs a cloud, which comes first; else the tests of a file."""
    items.sort(key=_order)
    for item in items:
        group = "cloud" if _room(item) in CLOUD else str(item.path)
        item.add_marker(pytest.mark.xdist_group(group))


def _order(item: pytest.Item) -> int:
    return CLOUD.index(_room(item)) if _room(item) in CLOUD else len(CLOUD)


def _room(item: pytest.Item) -> str:
    return item.path.relative_to(Path(__file__).parent).parts[0]
