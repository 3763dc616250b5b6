"""Two edges with the daemons they run, on a wire of their own."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.engine import EngineError, gotools
from tests.conftest import skip_or_fail
from tests.edge import pebble
from tests.edge.fleet import Fleet

PROGRAMS = {
    "haproxy": "haproxy",
    "unshare": "util-linux",
    "nsenter": "util-linux",
    "ip": "iproute2",
    "curl": "curl",
    "nft": "nftables",
}


@pytest.fixture(scope="session")
def caddy() -> Path:
    """Caddy as edges run it; namespaces need root."""
    missing = [package for program, package in PROGRAMS.items() if not shutil.which(program)]
    if missing or os.getuid():
        skip_or_fail(f"edges in namespaces need root and {', '.join(missing) or 'nothing else'}")
    return _built("caddy")


@pytest.fixture(scope="module")
def fleet(request: pytest.FixtureRequest, caddy: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """Both sites, changed by what the module's CHANGES say; the tests are on the wire."""
    changes = getattr(request.module, "CHANGES", {})
    with Fleet(tmp_path_factory.mktemp("fleet"), caddy, changes) as running, running.wire.entered():
        yield running


@pytest.fixture(scope="module")
def acme(fleet: Fleet) -> Fleet:
    """The fleet with an authority beside it; the module's CHANGES hold `pebble.CHANGES`."""
    pebble.start(fleet, _built("pebble"))
    return fleet


def _built(tool: str) -> Path:
    try:
        return gotools.build(tool)
    except EngineError as error:
        skip_or_fail(f"{tool} cannot be built: {error}")
