"""What an edge writes down when something fails: enough to mend it, and neither the room nor who asked for it."""

from tests.edge.fleet import DOMAIN, Fleet
from tests.unit.waiting import eventually


def test_an_error_names_neither_the_room_nor_who_asked(fleet: Fleet) -> None:
    """No instance is there: for a page, and for a room."""
    edge = fleet.edges["gra"]
    for instance in fleet.instances.values():
        instance.kill()
    curl = ["curl", "-sS", "-m", "30", "-o", "/dev/null", "-H", "Cookie: hushed=1", "--cacert", str(fleet.cacert)]
    for path in ("/hushed-room?x=hushed", "/socket.io/?EIO=3&transport=polling&roomId=hushed&peerId=hushed"):
        fleet.wire.run(*curl, "--resolve", f"{DOMAIN}:443:{edge.address}", f"https://{DOMAIN}{path}")
    said = eventually(lambda: edge.log("caddy"), lambda log: '"status":50' in log, seconds=30, what="Caddy's errors")
    assert "hushed" not in said
    assert '"remote_ip":"' in said
    assert all(part.split('"')[0].endswith(".0") for part in said.split('"remote_ip":"')[1:])
