"""Changes of the edges' configuration while a meeting goes on: pushed, judged, reloaded; a bad one changes nothing."""

import pytest

from drill.clients.attendance import Attendance, together
from fleet import https as probes
from fleet.fleet import Fleet
from lab import demo
from lab.deployment import Deployment
from lab.workspace import DOMAIN, STACKS
from tests.engine.preview import changes
from tests.lab.configured import Configured
from tests.lab.conftest import Shell, edge, through
from tests.lab.in_service import whole
from tests.lab.waiting import eventually

pytestmark = [pytest.mark.lab, pytest.mark.timeout(1200)]


@pytest.fixture(autouse=True)
def found_whole(deployment: Deployment, fleet: Fleet) -> None:
    """Other tests may just have given a server back."""
    whole(deployment, fleet)


CADDYFILE = "sudo cat /etc/multiparty/caddy/Caddyfile"
EDGES = STACKS[:2]


def test_a_changed_setting_cuts_no_websocket(
    deployment: Deployment, configured: Configured, fleet: Fleet, shell: Shell
) -> None:
    """The preview shows two updated files and nothing else; websockets open before are open after."""
    with Attendance() as attendance:
        people = [attendance.join(through(deployment, fleet, site), "live", f"live-{site}") for site in ("gra", "sbg")]
        eventually(lambda: together(*people), "together on", deadline=60, what="the room")
        seen = [len(person.log.events) for person in people]
        configured.write({"edge": {"health": {"interval": "8s"}, "room_table": {"rise": 3}}})
        for site, stack in zip(("gra", "sbg"), EDGES, strict=True):
            name = edge(fleet, site).name
            assert changes(deployment.preview(stack)) == {f"{name}-caddy": "update", f"{name}-haproxy": "update"}
        demo.deploy(deployment, EDGES)
        for site in ("gra", "sbg"):
            assert "health_interval 8s" in shell(edge(fleet, site).name, CADDYFILE)
        for person, before in zip(people, seen, strict=True):
            assert not [event for event in person.log.events[before:] if event.name == "disconnected"]
        eventually(lambda: together(*people), "together on", deadline=60, what="the room")


def test_one_meeting_node_more_replaces_nothing(deployment: Deployment, configured: Configured, fleet: Fleet) -> None:
    """GRA gets a server and SBG two updated files; no server that is there is touched."""
    configured.write({"sites": {"gra": {"meeting_nodes": 3}}})
    sbg = edge(fleet, "sbg").name
    assert changes(deployment.preview("lab-sbg")) == {f"{sbg}-caddy": "update", f"{sbg}-haproxy": "update"}
    ops = changes(deployment.preview("lab-gra"))
    gra = edge(fleet, "gra").name
    assert {name for name, op in ops.items() if op != "create"} == {f"{gra}-caddy", f"{gra}-haproxy"}
    assert ops["lab-gra-meeting-3"] == "create"


# What an edge of an older release says of a directive that it does not know; everything else it does as before.
OLDER = """\
sudo cp /usr/bin/caddy /run/caddy.own
sudo tee /run/caddy.older >/dev/null <<'END'
#!/bin/sh
[ "$1" = validate ] && { echo 'unrecognized subdirective: older' >&2; exit 1; }
exec /run/caddy.own "$@"
END
sudo chmod 755 /run/caddy.older && sudo mount --bind /run/caddy.older /usr/bin/caddy"""
OWN = "sudo umount /usr/bin/caddy"


def test_a_change_that_the_daemon_refuses_leaves_the_old_configuration(
    deployment: Deployment, configured: Configured, fleet: Fleet, shell: Shell
) -> None:
    """`pulumi up` fails with Caddy's own words; the file and the daemon are as before, and so is the next preview."""
    gra = edge(fleet, "gra")
    before = shell(gra.name, CADDYFILE)
    configured.write({"edge": {"health": {"fail_duration": "31s"}}})
    shell(gra.name, OLDER)
    try:
        failed = deployment.pulumi("lab-gra", "up", "--yes", "--skip-preview", check=False)
    finally:
        shell(gra.name, OWN)
    assert failed.returncode != 0
    said = failed.stdout + failed.stderr
    assert "caddy: refused, nothing was changed" in said
    assert "unrecognized subdirective: older" in said
    assert shell(gra.name, CADDYFILE) == before
    answer = probes.ask(str(gra.public_address), DOMAIN, authority=deployment.authority)
    assert answer.status == 200
    configured.deploy()
    for stack in EDGES:
        assert changes(deployment.preview(stack)) == {}
