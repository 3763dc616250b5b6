"""Pushed configuration: what goes to an edge, when it goes again, and what the preview may show of it."""

import pytest

from settings.stack import LOGIN
from tests.component.cloud import FLOATING_IP, INSTANCE, REMOTE_COMMAND, Deployed, deploy
from tests.unit.boot.golden import OPERATORS, PROVIDED, TWO_NODES

EDGE = "production-gra-edge-1"


@pytest.fixture(scope="module")
def operated() -> Deployed:
    """The primary site with operators who may log in, and a certificate of their own."""
    return deploy("gra", OPERATORS | PROVIDED)


def test_an_edge_gets_its_daemons_configuration(operated: Deployed) -> None:
    """At its public address, its host key verified, without a private key in the state; once it is ready."""
    caddy = operated.one(REMOTE_COMMAND, f"{EDGE}-caddy")
    connection = caddy.inputs["connection"]
    assert connection["host"] == operated.addresses[EDGE]
    assert connection["user"] == LOGIN
    assert connection["hostKey"] == "ssh-ed25519 gra-edge-ready"
    assert not {"privateKey", "password"} & connection.keys()
    assert caddy.inputs["create"] == "sudo /usr/local/sbin/multiparty-apply"
    assert "reverse_proxy" in caddy.inputs["stdin"]
    assert caddy.inputs["addPreviousOutputInEnv"] is False
    assert operated.one("command:local:Command", "gra-edge-ready").urn in caddy.depends_on
    assert operated.one(FLOATING_IP, EDGE).inputs["pool"] == "Ext-Net"


def test_a_new_server_gets_it_again_and_a_changed_file_is_an_update(operated: Deployed) -> None:
    """The instance's id is the only trigger; nothing runs when a push goes away, or its server does."""
    instance = operated.one(INSTANCE, EDGE)
    for command in operated.all(REMOTE_COMMAND):
        assert command.inputs["triggers"] == [instance.id]
        assert command.options.deletedWith == instance.urn
        assert not {"delete", "update"} & command.inputs.keys()


def test_bundles_go_one_after_the_other(operated: Deployed) -> None:
    """Caddy's configuration names certificates: they are there before."""
    names = [command.name for command in operated.all(REMOTE_COMMAND)]
    assert names[0] == f"{EDGE}-tls"
    for before, after in zip(operated.all(REMOTE_COMMAND), operated.all(REMOTE_COMMAND)[1:], strict=False):
        assert before.urn in after.depends_on


def test_the_preview_shows_files_and_hides_keys(operated: Deployed) -> None:
    """The Caddyfile's difference is to be read in a pull request; a key's never."""
    assert operated.one(REMOTE_COMMAND, f"{EDGE}-tls").is_secret("stdin")
    assert not operated.one(REMOTE_COMMAND, f"{EDGE}-caddy").is_secret("stdin")


def test_one_meeting_node_more_is_pushed() -> None:
    """The edge's boot document stays the same: nothing of it is replaced."""
    before, after = deploy("gra", OPERATORS), deploy("gra", OPERATORS | TWO_NODES)
    first, second = (site.one(INSTANCE, EDGE).inputs["userData"] for site in (before, after))
    assert first == second
    first, second = (site.one(REMOTE_COMMAND, f"{EDGE}-caddy").inputs["stdin"] for site in (before, after))
    assert first != second


@pytest.mark.parametrize("changes", [{}, OPERATORS | {"ready_deadline": "0s"}], ids=["no operators", "nobody waits"])
def test_without_a_way_in_it_comes_with_the_boot_document(changes: dict[str, object]) -> None:
    """No operator may log in, or no host key is known to verify: then the edge takes its bundles at first boot."""
    site = deploy("gra", changes)
    assert site.none(REMOTE_COMMAND)
    assert "/etc/multiparty/bundles/" in site.one(INSTANCE, EDGE).inputs["userData"]
