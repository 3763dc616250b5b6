"""'Up' means 'ready': each server is waited for, once for each instance that is ever made."""

from boot.common import FAILED_MARKER, HOST_KEY_MARKER, READY_MARKER
from tests.component.cloud import COMMAND, INSTANCE, Deployed, deploy


def test_every_server_is_waited_for(gra: Deployed, witness: Deployed) -> None:
    """One command each; a new instance triggers it, and it goes with its instance without a script."""
    for site, servers in ((gra, 3), (witness, 1)):
        commands = site.all(COMMAND)
        assert len(commands) == servers
        instances = {instance.id: instance for instance in site.all(INSTANCE)}
        for command in commands:
            instance = instances[command.inputs["environment"]["SERVER_ID"]]
            assert command.inputs["triggers"] == [instance.id]
            assert command.options.deletedWith == instance.urn
            assert command.options.parent == instance.options.parent
            assert "delete" not in command.inputs
            assert command.inputs["create"].endswith("python -m ops.ready")


def test_the_command_knows_where_to_look_and_what_for(gra: Deployed) -> None:
    """Its environment is what `ops.ready` reads; the secrets of the boot document are not in it."""
    command = gra.one(COMMAND, "gra-meeting-1-ready")
    assert command.inputs["environment"] == {
        "SERVER_ID": "production-gra-meeting-1-id",
        "SERVER_URN": gra.one(INSTANCE, "production-gra-meeting-1").urn,
        "STACK": "gra",
        "SERVER_REGION": "GRA11",
        "READY_MARKER": READY_MARKER,
        "FAILED_MARKER": FAILED_MARKER,
        "HOST_KEY_MARKER": HOST_KEY_MARKER,
        "READY_DEADLINE": "900",
    }


def test_a_changed_deadline_waits_for_nobody() -> None:
    """It is for servers to come: an update must not look for a marker that scrolled away long ago."""
    before, after = (
        deploy("gra", {"ready_deadline": deadline}).one(COMMAND, "gra-edge-ready") for deadline in ("15m", "1m")
    )
    assert before.inputs["triggers"] == after.inputs["triggers"]
    assert before.inputs["environment"] != after.inputs["environment"]
    assert "ops.ready" not in after.inputs["update"]


def test_without_a_deadline_nobody_waits() -> None:
    """Nodes still follow each other: then each on the instance before."""
    site = deploy("gra", {"ready_deadline": "0s", "env.sites.gra.meeting_nodes": 2})
    assert site.none(COMMAND)
    first, second = (site.one(INSTANCE, f"production-gra-meeting-{ordinal}") for ordinal in (1, 2))
    assert first.urn in second.depends_on
    assert {server["host_key"] for server in site.exported["servers"].values()} == {None}


def test_the_host_key_that_the_command_printed_is_exported(gra: Deployed) -> None:
    """Whoever logs in verifies it; it came through the API."""
    keys = {name: server["host_key"] for name, server in gra.exported["servers"].items()}
    assert keys == {
        "production-gra-edge-1": "ssh-ed25519 gra-edge-ready",
        "production-gra-redis-1": "ssh-ed25519 gra-redis-ready",
        "production-gra-meeting-1": "ssh-ed25519 gra-meeting-1-ready",
    }
