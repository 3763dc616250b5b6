"""`make up` where a network of somebody else's is in the way: refused before the first stack is asked for anything.

The cloud is a server of the test; `pulumi` is a program that notes what it was told.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from fleet.command_line import CommandError
from ops import up
from tests.commands.ground import STACKS, Ground, ground
from tests.commands.wrong_clouds import WRONG, clash

OURS = "project=multiparty-meeting stack=gra environment=production site=gra"


@pytest.fixture
def given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ground]:
    with ground(tmp_path) as found:
        (found.directory / "programs" / "pulumi").write_text('#!/bin/sh\necho "$*" >>"${0%/*}/said"\n')
        monkeypatch.delenv("OS_CLOUD", raising=False)
        for name, value in found.variables.items():
            monkeypatch.setenv(name, value)
        yield found


def said(given: Ground) -> list[str]:
    """The stacks that `pulumi up` was said to."""
    file = given.directory / "programs" / "said"
    return [line.split("--stack ")[1].split()[0] for line in file.read_text().splitlines()] if file.exists() else []


@pytest.mark.parametrize("name", ["vlan", "cidr", "local-cidr"])
def test_it_is_refused_before_anything_is_made(name: str, given: Ground) -> None:
    WRONG[name].make(given)
    with pytest.raises(CommandError) as refused:
        up.main(tuple(STACKS), yes=True, directory=given.directory)
    assert WRONG[name].line in str(refused.value)
    assert "pulumi up --stack gra" in str(refused.value)  # the way of who knows better
    assert said(given) == []


@pytest.mark.parametrize("ours", ["beside it", "its own"])
def test_what_is_deployed_already_is_updated_all_the_same(ours: str, given: Ground) -> None:
    """In whichever region: what it has stays, whatever was made beside it since."""
    clash("192.168.64.0/24", OURS if ours == "its own" else "")(given)
    region = given.cloud.regions["SBG7"]
    region.held["networks"].append({"id": "own", "name": "own", "description": OURS.replace("gra", "sbg")})
    assert up.main(tuple(STACKS), yes=True, directory=given.directory) == 0
    assert said(given) == [*STACKS]


def test_a_region_that_does_not_say_keeps_nobody_from_it(given: Ground) -> None:
    """The engine asks it too, and waits longer."""
    given.gra.away = "503"
    assert up.main(tuple(STACKS), yes=True, directory=given.directory) == 0
    assert said(given) == [*STACKS]
