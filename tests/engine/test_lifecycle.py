"""One stack from its first preview to its destruction, against a real API; the tests follow each other."""

import json

import pytest

from lab.deployment import Deployment
from tests.engine.conftest import inventory
from tests.engine.preview import changes, replaced, resources

pytestmark = [pytest.mark.engine, pytest.mark.timeout(1800)]

STACK = "lab-gra"
INSTANCE = "openstack:compute/instance:Instance"
FLOATING_IP = "openstack:networking/floatingIp:FloatingIp"


def instances(deployment: Deployment) -> dict[str, str]:
    """Instance ids by name."""
    return {r["outputs"]["name"]: r["id"] for r in resources(deployment, STACK, INSTANCE)}


def addresses(deployment: Deployment) -> dict[str, str]:
    """Floating IPs by server name."""
    return {r["urn"].rsplit("::", 1)[1]: r["outputs"]["address"] for r in resources(deployment, STACK, FLOATING_IP)}


def secrets_of(deployment: Deployment) -> list[str]:
    """The values that must be seen nowhere."""
    shown = json.loads(deployment.pulumi(STACK, "config", "--show-secrets", "--json").stdout)
    values = [entry["value"] for entry in shown.values() if entry["secret"]]
    assert len(values) >= 6, f"only {len(values)} secrets in the stack's configuration"
    # A key's or certificate's own line, so that PEM's headers do not count.
    return [value.splitlines()[1] if value.startswith("-----") else value for value in values]


def test_preview_creates_everything_and_says_no_secret(deployment: Deployment) -> None:
    """A first preview plans three servers with their addresses, and neither it nor its JSON shows a secret."""
    shown = deployment.pulumi(STACK, "preview", "--diff")
    as_json = deployment.pulumi(STACK, "preview", "--json")
    planned = changes(json.loads(as_json.stdout))
    assert set(planned.values()) == {"create"}
    assert {f"lab-gra-{role}-1" for role in ("edge", "meeting", "redis")} <= planned.keys()
    said = shown.stdout + shown.stderr + as_json.stdout + as_json.stderr
    assert [s for s in secrets_of(deployment) if s in said] == []


def test_up_creates_it_and_a_second_up_nothing(deployment: Deployment) -> None:
    """What is deployed is what is described: no change is left, neither by the state nor by the cloud."""
    deployment.pulumi(STACK, "up", "--yes", "--skip-preview")
    assert len(instances(deployment)) == 3
    # As the provider writes it, "2026-11-27 14:32:07 +0000 UTC": what monitoring counts a stock image's age from.
    made = min(r["outputs"]["created"] for r in resources(deployment, STACK, INSTANCE))
    assert deployment.outputs(STACK).image_date == f"{made[:10]}T{made[11:16]}Z"
    deployment.pulumi(STACK, "up", "--yes", "--skip-preview", "--expect-no-changes")
    deployment.pulumi(STACK, "preview", "--expect-no-changes")
    deployment.pulumi(STACK, "preview", "--refresh", "--expect-no-changes")


def test_state_holds_no_secret_in_clear(deployment: Deployment) -> None:
    """The exported state has user data, and with it all secrets, encrypted only."""
    state = deployment.pulumi(STACK, "stack", "export").stdout
    (meeting,) = (
        r
        for r in json.loads(state)["deployment"]["resources"]
        if r["urn"].endswith("::lab-gra-meeting-1") and r["type"] == INSTANCE
    )
    assert "ciphertext" in meeting["inputs"]["userData"]
    assert [s for s in secrets_of(deployment) if s in state] == []


def test_cookie_name_replaces_meeting_servers_only(deployment: Deployment) -> None:
    """A changed `cookie_name` replaces the meeting server, says so in the preview, and keeps its address."""
    servers, kept = instances(deployment), addresses(deployment)
    deployment.configure({"meeting": {"cookie_name": "other.sid"}})
    preview = deployment.preview(STACK)
    assert replaced(preview) == {"lab-gra-meeting-1"}
    deployment.pulumi(STACK, "up", "--yes", "--skip-preview")
    now = instances(deployment)
    assert {name for name in servers if servers[name] != now[name]} == {"lab-gra-meeting-1"}
    assert addresses(deployment) == kept


def test_destroy_leaves_nothing(deployment: Deployment) -> None:
    """Asked of the API: nothing that carries the stack's labels is left."""
    before = inventory(deployment, STACK)
    assert {"servers", "ports", "floating IPs", "routers", "networks", "security groups"} <= before.keys()
    deployment.pulumi(STACK, "destroy", "--yes", "--skip-preview")
    assert inventory(deployment, STACK) == {}
