"""An API that refuses for a moment is asked again; what it may have done already is not asked for a second time."""

import os
from collections.abc import Iterator

import pytest

from fleet import patient_session
from fleet.bounded import AskingError
from fleet.cloud import Connection, connect, told
from tests.commands.cloud import Away, Cloud, Region, cloud

REGION = "GRA11"
# Each but one that is silent: that is one whole deadline of a call's.
MOMENTS: tuple[Away, ...] = ("429", "429 and no more", "503", "reset")


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    """A cloud of one region with one image, and its credentials."""
    for name in [name for name in os.environ if name.startswith("OS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(patient_session, "PAUSE", 0.01)
    # As long as a busy machine takes for two refusals that ask for a second each.
    monkeypatch.setattr(patient_session, "AGAIN_SECONDS", 60.0)
    with cloud(REGION) as found:
        for name, value in found.environment.items():
            monkeypatch.setenv(name, value)
        found.regions[REGION].held["images"] = [{"id": "i", "name": "Debian 12", "status": "active"}]
        yield found


def names(connection: Connection) -> list[str]:
    return [image.name for image in connection.image.images()]


def at(given: Cloud, where: str) -> Region:
    return given.keystone if where == "keystone" else given.regions[where]


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("where", [REGION, "keystone"])
def test_a_moment_is_waited_for(given: Cloud, where: str, moment: Away) -> None:
    """Whoever it is that refuses, also twice in a row."""
    at(given, where).next = [moment] * 2
    assert told(REGION, names) == ["Debian 12"]
    assert at(given, where).next == []


@pytest.mark.parametrize("moment", MOMENTS)
def test_for_longer_than_a_moment_nobody_waits(given: Cloud, moment: Away, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patient_session, "AGAIN_SECONDS", 0.2)
    given.regions[REGION].away = moment
    with pytest.raises(AskingError, match=f"{REGION} does not say"):
        told(REGION, names)


@pytest.mark.parametrize("moment", MOMENTS)
def test_what_changes_something_is_asked_for_again_where_nothing_was_done(given: Cloud, moment: Away) -> None:
    """A connection that is broken off says nothing of what was done: a second server would be made."""
    region, connection = given.regions[REGION], connect(REGION)
    region.held["consoles"] = [{"output": "booted"}]
    connection.compute.get_endpoint_data()
    region.next, before = [moment], region.asked

    def make() -> str:
        return told(REGION, lambda c: str(c.compute.post("/servers/s/action").json()["output"]), lambda _: connection)

    if moment == "reset":
        with pytest.raises(AskingError, match="ConnectFailure"):
            make()
        assert region.asked == before + 1
    else:
        assert make() == "booted"
        assert given.changes == ["POST /v2.1/servers/s/action"]


@pytest.mark.parametrize("error", ["password", "project"])
def test_a_refusal_that_stays_is_not_waited_for(given: Cloud, error: str) -> None:
    """The user's password is not what it was: asked once."""
    if error == "password":
        given.password = "another"
    else:
        given.scoped = False
    with pytest.raises(AskingError):
        told(REGION, names)
    assert given.keystone.asked <= 2
