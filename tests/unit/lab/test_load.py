"""`make load` refuses what it may not do, before anybody comes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from fleet.command_line import CommandError
from fleet.fleet import DeployedServer, Fleet
from lab import load
from lab.engine import gotools
from tests.configuration import production


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """The command, on a stack whose edge and node are known; nobody comes."""
    shared = {"config": {"multiparty-meeting:environments": {"value": {"production": production()}}}}
    (tmp_path / "Pulumi.yaml").write_text(yaml.safe_dump(shared))
    stack = {"config": {"multiparty-meeting:environment": "production", "multiparty-meeting:site": "gra"}}
    (tmp_path / "Pulumi.gra.yaml").write_text(yaml.safe_dump(stack))
    servers = tuple(
        DeployedServer(role, role, "gra", "GRA11", role, address, "10.17.0.4", None)
        for role, address in (("edge", "198.51.100.4"), ("meeting", "198.51.100.64"))
    )
    monkeypatch.setattr(load, "fleet", lambda named: Fleet(servers, "meeting.organisation.fr"))
    monkeypatch.setattr(gotools, "build", lambda name: tmp_path / "nobody")

    def command(**given: Any) -> int:  # noqa: ANN401 - the command's options
        return load.main(["gra"], directory=tmp_path, reports=tmp_path, **given)

    return command


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "gra: is production, where people will notice: YES=1"),
        ({"yes": True, "people": 1001}, "people = 1001: must be 6 to 1000"),
        ({"yes": True, "seconds": 3600.0}, "seconds = 3600: must be 1 to 1800"),
        ({"yes": True, "edge": "203.0.113.9"}, r"--edge 203.0.113.9: is no edge of the stacks: 198.51.100.4"),
        ({"yes": True}, "nobody"),  # refused by nothing: it starts the participants' program
    ],
)
def test_what_may_not_be_is_refused(run: Callable[..., int], given: dict[str, Any], words: str) -> None:
    with pytest.raises((CommandError, FileNotFoundError), match=words):
        run(**given)


def test_people_go_to_the_stacks_own_addresses(run: Callable[..., int], tmp_path: Path) -> None:
    """Pages to the edges, media to the meeting nodes: the program is told no others."""
    told = tmp_path / "told"
    program = tmp_path / "nobody"
    program.write_text(f'#!/bin/sh\necho "$@" > {told}\n')
    program.chmod(0o755)
    with pytest.raises(CommandError, match="program ended"):
        run(yes=True)
    words = told.read_text().split()
    assert {"-url=https://meeting.organisation.fr", "-address=198.51.100.4", "-media=198.51.100.64"} <= set(words)
