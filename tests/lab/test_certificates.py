"""Both edges get a certificate by themselves, from an ACME authority by HTTP-01."""

from pathlib import Path

import pytest

from fleet import https as probes
from fleet.fleet import Fleet
from lab.acme import start
from lab.deployment import Deployment
from lab.workspace import DOMAIN
from tests.lab.configured import Configured
from tests.lab.conftest import edge
from tests.lab.waiting import eventually

pytestmark = [pytest.mark.lab, pytest.mark.timeout(600)]

ISSUED_SECONDS = 60


@pytest.fixture(scope="module")
def root(deployment: Deployment, configured: Configured) -> Path:
    """The authority's own certificate; both edges are told to ask it."""
    authority = start(deployment.lab)
    path = deployment.lab.home / "acme" / "root.pem"
    path.write_text(authority.root)
    certificate = {
        "type": "acme",
        "email": "admin@lab.example",
        "directory": authority.directory,
        "trusted_roots": authority.trusted_roots,
    }
    configured.deploy({"edge": {"certificate": certificate}})
    return path


@pytest.mark.parametrize("site", ["gra", "sbg"])
def test_an_edge_gets_a_certificate_by_itself(fleet: Fleet, root: Path, site: str) -> None:
    """Whichever edge is asked, the challenge finds the one that has the answer."""

    def status() -> str:
        answer = probes.ask(str(edge(fleet, site).public_address), DOMAIN, "/health", authority=root)
        return f"{answer.status} {answer.headers.get('x-instance', '')}"

    eventually(status, "200", deadline=ISSUED_SECONDS, what=f"{site}'s own certificate")
