"""Two sites' nodes behind their gateways, and people behind their own."""

import os
import shutil
from collections.abc import Iterator

import pytest

from tests.conftest import skip_or_fail
from tests.relay import sfu
from tests.relay.internet import Internet

PROGRAMS = {"turnserver": "coturn", "unshare": "util-linux", "ip": "iproute2", "nft": "nftables", "node": "nodejs"}


@pytest.fixture(scope="module")
def internet(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Internet]:
    """Everybody's; the nodes' settings changed by what the module's CHANGES say."""
    missing = [package for program, package in PROGRAMS.items() if not shutil.which(program)]
    if missing or os.getuid():
        skip_or_fail(f"relays in namespaces need root and {', '.join(missing) or 'nothing else'}")
    with Internet(tmp_path_factory.mktemp("relay"), getattr(request.module, "CHANGES", {})) as running:
        yield running


@pytest.fixture(scope="module")
def served(internet: Internet, tmp_path_factory: pytest.TempPathFactory) -> Internet:
    """A meeting server on GRA's node, for modules whose CHANGES are the SFU's."""
    sfu.serve(internet, tmp_path_factory.mktemp("server"))
    return internet
