"""Which meeting server is meant, and whether others take rooms in its place."""

import pytest

from fleet.command_line import CommandError
from fleet.fleet import DeployedServer, Fleet
from fleet.nodes import either, left_alone, neighbours, node, node_name
from fleet.rooms import Table


def _server(site: str, number: int) -> DeployedServer:
    name = f"pre-production-{site}-meeting-{number}"
    return DeployedServer(name, "1", site, site.upper(), "meeting", None, "10.17.0.64", None)


GRA = [_server("gra", number) for number in (1, 2, 10)]
SBG = _server("sbg", 1)
FLEET = Fleet((*GRA, SBG), "meeting.organisation.fr")


@pytest.mark.parametrize("name", ["gra-meeting-10", "pre-production-gra-meeting-10"])
def test_a_server_is_found_by_its_name(name: str) -> None:
    """With its environment's or without, and none that only begins like it."""
    assert node(FLEET, name) == GRA[2]
    assert node_name(GRA[2]) == "gra-meeting-10"
    assert neighbours(FLEET, GRA[0]) == ["gra-meeting-2", "gra-meeting-10"]
    assert neighbours(FLEET, SBG) == []


@pytest.mark.parametrize("name", ["gra-meeting", "gra-meeting-3", "meeting-1", ""])
def test_a_name_that_nobody_has_is_refused(name: str) -> None:
    """With those that there are."""
    with pytest.raises(
        CommandError, match=r"must be one of gra-meeting-1, gra-meeting-2, gra-meeting-10, sbg-meeting-1$"
    ):
        node(FLEET, name)


def test_others_take_rooms_only_where_they_are_up() -> None:
    """Drained, closed and lost ones do not; an edge that says nothing is not taken for one that has nobody."""
    alone = Table({"gra-1": "DRAIN", "gra-2": "UP", "gra-10": "MAINT", "sbg-1": "DOWN 1/2"})
    tables = {"a": alone, "b": Table({"gra-1": "UP 1/3", "gra-2": "UP"}), "c": Table({}, silent="no answer")}
    assert left_alone(GRA[1], tables) == ["a"]
    assert left_alone(GRA[0], tables) == []


@pytest.mark.parametrize(
    ("site", "name", "said"), [(None, None, "NODE=gra-meeting-2"), ("gra", "gra-meeting-2", "only one of them")]
)
def test_one_thing_is_meant(site: str | None, name: str | None, said: str) -> None:
    """A site or a server."""
    either("gra", None)
    with pytest.raises(CommandError, match=said):
        either(site, name)
