"""OVHcloud answers 429 when it is asked too often: the provider's `maxRetries` must carry a deployment over that."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.toolchain.conftest import Project

pytestmark = pytest.mark.engine

PROGRAM = """
from pulumi_openstack import Provider, networking
provider = Provider("cloud", auth_url="http://127.0.0.1:{port}/v3", user_name="u", password="p", tenant_name="t",
                    user_domain_name="Default", project_domain_name="Default", region="R"{more})
network = networking.get_network_output(name="ext", opts=pulumi.InvokeOptions(provider=provider))
pulumi.export("id", network.id)
"""


class _BusyCloud(ThreadingHTTPServer):
    """A Keystone and a Neutron that refuse the first requests for networks."""

    def __init__(self, refusals: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.refusals = refusals


class _Handler(BaseHTTPRequestHandler):
    server: _BusyCloud

    def do_GET(self) -> None:
        if "/networks" in self.path:
            self.server.refusals -= 1
            if self.server.refusals >= 0:
                self._answer(429, {}, {"Retry-After": "1"})
            else:
                self._answer(200, {"networks": [{"id": "net-1", "name": "ext", "admin_state_up": True}]}, {})
        else:
            self._answer(200, {"version": {"id": "v3.14", "status": "stable", "links": []}}, {})

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        url = f"http://127.0.0.1:{self.server.server_port}/"
        endpoint = {"id": "e", "interface": "public", "region": "R", "region_id": "R", "url": url}
        catalog = [{"type": "network", "name": "neutron", "id": "n", "endpoints": [endpoint]}]
        token = {"expires_at": "2099-01-01T00:00:00.000000Z", "catalog": catalog, "methods": ["password"]}
        self._answer(201, {"token": token}, {"X-Subject-Token": "t"})

    def log_message(self, *_: object) -> None:
        """Nothing: the test's output is the plugin's."""

    def _answer(self, status: int, body: object, headers: dict[str, str]) -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        for name, value in (headers | {"Content-Type": "application/json", "Content-Length": str(len(text))}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text)


@pytest.fixture
def busy_cloud() -> Iterator[_BusyCloud]:
    """A cloud that refuses twice."""
    cloud = _BusyCloud(refusals=2)
    threading.Thread(target=cloud.serve_forever, daemon=True).start()
    yield cloud
    cloud.shutdown()
    cloud.server_close()


def test_retries_carry_over_too_many_requests(project: Project, busy_cloud: _BusyCloud) -> None:
    """Two refusals, then the answer."""
    assert project.up(PROGRAM.format(port=busy_cloud.server_port, more=", max_retries=5")) == {"id": "net-1"}
    assert busy_cloud.refusals == -1


def test_without_retries_the_first_refusal_ends_it(project: Project, busy_cloud: _BusyCloud) -> None:
    """Shows that the other test's retries are the setting's doing, not the client's habit."""
    project.write(PROGRAM.format(port=busy_cloud.server_port, more=""))
    failed = project.pulumi("up", "--yes", "--skip-preview", check=False)
    assert failed.returncode != 0
    assert "429" in failed.stdout + failed.stderr
