"""The fake lab as a client meets it: catalogue, placement, faults, calls, console logs. No guest boots here."""

import json
import sys
from typing import Any

import pytest

from lab import ApiFault, Lab
from tests.unit.waiting import eventually

pytestmark = pytest.mark.engine
REGION = "DE1"


def client(lab: Lab, code: str, user: str = "demo") -> Any:  # noqa: ANN401 -- JSON
    """Run Python with a connection `c` inside the lab; what it assigns to `result`."""
    target = lab.home / "result.json"
    script = f"import json, openstack\nc = openstack.connect()\n{code}\njson.dump(result, open({str(target)!r}, 'w'))"
    assert lab.run([sys.executable, "-c", script], env=lab.openrc(REGION, user), timeout=600).returncode == 0
    return json.loads(target.read_text())


SERVER = """
image = c.image.find_image("Debian 12").id
network = c.network.find_network("n") or c.network.create_network(name="n")
c.network.find_subnet("n") or c.network.create_subnet(name="n", network_id=network.id, ip_version=4, cidr="10.9.0.0/24")
def make(name, flavor):
    server = c.compute.create_server(name=name, image_id=image, flavor_id=c.compute.find_flavor(flavor).id,
                                     networks=[{"uuid": network.id}])
    try:
        return c.compute.wait_for_server(server, wait=240)
    except openstack.exceptions.ResourceFailure:
        return c.compute.get_server(server.id)
"""


def test_a_server_is_placed_and_one_too_big_is_not(fake_cloud: Lab) -> None:
    code = (
        SERVER
        + "result = [[s.status, (s.fault or {}).get('message')] for s in (make('a', 'd2-2'), make('b', 'unplaceable'))]"
    )
    placed, refused = client(fake_cloud, code)
    assert placed == ["ACTIVE", None]
    assert refused[0] == "ERROR"
    assert "No valid host was found" in refused[1]


def test_console_log_is_what_a_test_wrote(fake_cloud: Lab) -> None:
    (fake_cloud.home / "console" / "ready.log").write_text("a marker\n")
    code = SERVER + "result = c.compute.get_server_console_output(make('ready', 'd2-2'))['output']"
    assert client(fake_cloud, code) == "a marker\n"


def test_quotas_are_settable(fake_cloud: Lab) -> None:
    code = "p = c.identity.find_project('demo').id\nc.set_network_quotas(p, floatingip=0)\nresult = p"
    client(fake_cloud, code, user="admin")
    refused = """
try:
    c.network.create_ip(floating_network_id=c.network.find_network("Ext-Net").id)
    result = "made"
except openstack.exceptions.ConflictException as error:
    result = str(error)
"""
    try:
        assert "Quota exceeded" in client(fake_cloud, refused)
    finally:
        again = "c.delete_network_quotas(c.identity.find_project('demo').id)\nresult = None"
        client(fake_cloud, again, user="admin")


def test_faults_hit_the_calls_they_name_and_calls_are_counted(fake_cloud: Lab) -> None:
    code = f"""
where = {{"service_type": "network", "interface": "public", "region_name": {REGION!r}}}
result = [c.session.get("/v2.0/networks", endpoint_filter=where, raise_exc=False).status_code for _ in range(3)]
"""
    fake_cloud.set_faults(ApiFault("network", 503, 2, method="GET", path="/v2.0/networks"))
    fake_cloud.reset_calls()
    assert client(fake_cloud, code) == [503, 503, 200]

    def calls() -> int:
        return fake_cloud.calls()["network", REGION, "GET", "/v2.0/networks"]

    # A call is written down when it has been answered.
    eventually(calls, lambda count: count == 3, seconds=30, what="three calls")
    fake_cloud.set_faults()


def test_a_late_call_is_answered_as_ever(fake_cloud: Lab) -> None:
    """OVHcloud's API is farther away than the next process."""
    code = f"""
import time
where = {{"service_type": "network", "interface": "public", "region_name": {REGION!r}}}
c.session.get_token()
begun = time.monotonic()
status = c.session.get("/v2.0/networks", endpoint_filter=where).status_code
result = [status, time.monotonic() - begun]
"""
    fake_cloud.set_faults(ApiFault("network", count=0, late=0.5))
    status, seconds = client(fake_cloud, code)
    fake_cloud.set_faults()
    assert status == 200
    assert seconds >= 0.5
