"""What `pulumi up` runs for every new server, while an API has a bad moment: only the deadline ends it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from boot.common import FAILED_MARKER, HOST_KEY_MARKER, READY_MARKER
from tests.commands.cloud import AWAY, Away
from tests.commands.deployment import Deployment, deployment

KEY = "ssh-ed25519 " + "A" * 68


@pytest.fixture
def booting(tmp_path: Path) -> Iterator[Deployment]:
    """A server that is ready at the third look."""
    with deployment(tmp_path, dns=False) as found:
        said = f"{HOST_KEY_MARKER} {KEY}\n{READY_MARKER} production-gra-redis-1\n"
        looks = ["", "booting\n", said]
        found.cloud.regions["GRA11"].held["consoles"] = [{"output": look} for look in looks]
        yield found


def environment(deadline: str) -> dict[str, str]:
    """As `components.ready` gives it."""
    return {
        "SERVER_ID": "id-gra-redis",
        "SERVER_URN": "urn:pulumi:gra::multiparty-meeting::x::production-gra-redis-1",
        "STACK": "gra",
        "SERVER_REGION": "GRA11",
        "READY_MARKER": READY_MARKER,
        "FAILED_MARKER": FAILED_MARKER,
        "HOST_KEY_MARKER": HOST_KEY_MARKER,
        "READY_DEADLINE": deadline,
        "READY_PAUSE": "0.1",
    }


@pytest.mark.parametrize("away", [away for away in AWAY if away != "hanging"])
@pytest.mark.parametrize("where", ["GRA11", "keystone"])
def test_a_bad_moment_ends_nothing(booting: Deployment, where: str, away: Away) -> None:
    """The first requests meet it, whatever they are; the server is waited for all the same."""
    asked = booting.cloud.keystone if where == "keystone" else booting.cloud.regions[where]
    asked.next = [away] * 3
    ended = booting.run("ops.ready", env=environment("60"))
    assert (ended.status, ended.last) == (0, KEY), ended.out


def test_the_deadline_ends_it_with_the_servers_name(booting: Deployment) -> None:
    """The region's API is away for good."""
    booting.cloud.regions["GRA11"].away = "503"
    ended = booting.run("ops.ready", env=environment("1"))
    assert ended.status == 1
    assert "Traceback" not in ended.out
    assert f"production-gra-redis-1 in GRA11: no {READY_MARKER} on its console after" in ended.out
