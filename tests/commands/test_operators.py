"""Two operators at once: the second is told, by whichever edge can be asked, and nothing is drained."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands.deployment import Deployment, deployment
from tests.commands.stacks import server

ROLL = ("ops", "roll", "gra", "sbg", "witness", "--authority", "authority.pem", "--site")
INSTANCE = "openstack:compute/instance:Instance"
NOTE = "alice@laptop since 2026-11-27 05:00:00 UTC"


@pytest.fixture
def changed(tmp_path: Path) -> Iterator[Deployment]:
    """GRA's meeting server is to be replaced."""
    with deployment(tmp_path) as found:
        file = tmp_path / "backend/gra.preview"
        preview = json.loads(file.read_text())
        urn = f"urn:pulumi:gra::multiparty-meeting::{INSTANCE}::{server('gra', 'meeting')}"
        state = {"urn": urn, "type": INSTANCE, "inputs": {"metadata": {"role": "meeting"}}}
        preview["steps"].append({"op": "replace", "urn": urn, "oldState": state, "newState": state})
        file.write_text(json.dumps(preview))
        yield found


def notes(found: Deployment) -> dict[str, str]:
    """What the edges know."""
    return {file.name.split(".")[0]: file.read_text() for file in found.fleet.glob("*.operator")}


@pytest.mark.parametrize("edge", ["gra", "sbg"])
def test_the_second_is_told(changed: Deployment, edge: str) -> None:
    """Who, and since when; the other edge may not know it, or may be dead."""
    other = "sbg" if edge == "gra" else "gra"
    (changed.fleet / f"{server(edge, 'edge')}.operator").write_text(NOTE)
    ended = changed.run(*ROLL, "gra", "--deadline", "0")
    assert ended.status == 1
    assert f"STOPPED: {NOTE} is at work, as {server(edge, 'edge')} says" in ended.out
    assert notes(changed) == {server(edge, "edge"): NOTE}
    tables = [json.loads((changed.fleet / f"{server(site, 'edge')}.table").read_text()) for site in (edge, other)]
    assert tables == [{"gra-1": "UP", "sbg-1": "UP"}] * 2


def test_who_is_done_leaves_no_note(changed: Deployment) -> None:
    """Also where the roll stops: `pulumi up` is refused by the stand-in."""
    ended = changed.run(*ROLL, "gra", "--deadline", "0")
    assert ended.status == 1
    assert "pulumi up --stack gra failed" in ended.out
    assert notes(changed) == {}


def test_undo_forgets_who_was_at_work(changed: Deployment) -> None:
    """Their machine died: the site is put back, and the next roll begins."""
    changed.table(gra_1="MAINT")
    (changed.fleet / f"{server('sbg', 'edge')}.operator").write_text(NOTE)
    ended = changed.run(*ROLL, "gra", "--undo")
    assert (ended.status, ended.last) == (0, "gra is in service as it is"), ended.out
    assert notes(changed) == {}
