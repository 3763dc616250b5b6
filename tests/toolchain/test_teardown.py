"""Teardowns with the real engine, as far as no cloud is needed: killed engines, locks, files that are lost."""

import json
import shutil
import signal
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pytest
from openstack.connection import Connection

from fleet.stacks import StackError
from ops.environments.base import Base
from ops.environments.cloud import Cloud
from ops.environments.down import down
from ops.environments.sweep import look
from ops.environments.tools import Tools
from settings import PROJECT
from tests.toolchain.conftest import Project
from tests.unit.ops.clouds import Region
from tests.unit.ops.fakes import SITES
from tests.unit.waiting import eventually

pytestmark = pytest.mark.timeout(1800)

# What a site has here: files. One is made and removed slowly, while a file says that it is to be slow.
PROGRAM = """
import os
here = os.getcwd()
stack = pulumi.get_stack()
first = local.Command("first", create=f"touch {here}/made-{stack}", delete=f"rm {here}/made-{stack}")
slowly = f"if [ -e {here}/slow ]; then touch {here}/working-{stack}; sleep 60; fi"
local.Command("slow", create=slowly, delete=slowly, opts=pulumi.ResourceOptions(depends_on=first))
"""


@pytest.fixture
def tools(project: Project, monkeypatch: pytest.MonkeyPatch) -> Tools:
    """A base of three stacks' files, and three empty regions."""
    for name, value in project.variables.items():
        monkeypatch.setenv(name, value)
    environments = {f"{PROJECT}:environments": {"value": {"production": {"kind": "production"}}}}
    settings = {"name": PROJECT, "runtime": {"name": "python"}, "config": environments}
    (project.directory / "Pulumi.yaml").write_text(json.dumps(settings))
    for site, region in SITES.items():
        facts = {"environment": "production", "site": site, "region": region}
        config = {f"{PROJECT}:{key}": value for key, value in facts.items()}
        (project.directory / f"Pulumi.{site}.yaml").write_text(json.dumps({"config": config}))
    project.write(PROGRAM)
    cloud = Cloud(list(SITES.values()), list(SITES), lambda _: cast("Connection", Region()))
    tools = Tools.on(Base.of(list(SITES), project.directory))
    return replace(tools, cloud=cloud, sleep=lambda _: None, now=lambda: datetime(2026, 11, 24, 3, tzinfo=UTC))


@pytest.fixture
def deployed(tools: Tools, project: Project) -> Tools:
    """The environment pr-42, deployed; the machine with its stacks' files is lost."""
    places = tools.base.places("pr-42")
    for place in places:
        configure(tools, place.stack)
    up = ["pulumi", "up", "--yes", "--skip-preview", "--cwd", str(project.directory), "--stack"]
    outcomes = tools.run({place.stack: [*up, place.stack] for place in places}, project.directory / "logs")
    assert [outcome.said for outcome in outcomes.values() if outcome.status] == []
    for place in places:
        tools.base.file(place).file.unlink()
    return tools


def configure(tools: Tools, stack: str) -> None:
    """A stack with a file of its own, as `make env-up` leaves it."""
    shared = {"pr-42": {"kind": "test", "expires": "2026-11-24T02:00Z"}}
    config = {f"{PROJECT}:environment": "pr-42", f"{PROJECT}:environments": shared}
    (tools.base.directory / f"Pulumi.{stack}.yaml").write_text(json.dumps({"config": config}))
    tools.backend.create(stack)


def made(project: Project) -> list[str]:
    """What the sites have."""
    return sorted(path.name for path in project.directory.glob("made-*"))


def killed(project: Project, command: str) -> None:
    """The engine, killed in the middle of the GRA site's work."""
    slow, working = project.directory / "slow", project.directory / "working-pr-42-gra"
    slow.touch()
    argv = ["pulumi", command, "--yes", "--skip-preview", "--non-interactive", "--stack", "pr-42-gra"]
    engine = subprocess.Popen(argv, cwd=project.directory, env=project.variables, stdout=subprocess.DEVNULL)
    eventually(working.exists, bool, seconds=180, what=f"{command} works on pr-42-gra")
    engine.send_signal(signal.SIGKILL)
    engine.wait(60)
    slow.unlink()


def is_gone(tools: Tools, project: Project) -> None:
    """No stack, no file, nothing made."""
    assert [name for name in tools.backend.names() if name.startswith("pr-42")] == []
    assert sorted(path.name for path in project.directory.glob("Pulumi.pr-42*")) == []
    assert made(project) == []
    assert not tools.logs("pr-42").exists()


def test_a_teardown_needs_no_file(deployed: Tools, project: Project) -> None:
    """The backend's word is enough; a second one says that there is none."""
    assert made(project) == ["made-pr-42-gra", "made-pr-42-sbg", "made-pr-42-witness"]
    assert look(deployed).expired == {"pr-42": "2026-11-24T02:00Z"}
    down(deployed, "pr-42")
    is_gone(deployed, project)
    with pytest.raises(StackError, match="no such test environment; there are: none"):
        down(deployed, "pr-42")


def test_a_stack_that_was_configured_elsewhere_is_restored(deployed: Tools) -> None:
    """With what its environment was last deployed with."""
    (place, *_) = deployed.base.places("pr-42")
    assert deployed.backend.restore(place.stack)
    assert deployed.base.settings_of(place) == {"kind": "test", "expires": "2026-11-24T02:00Z"}


def test_an_interrupted_destroy_is_finished(deployed: Tools, project: Project) -> None:
    """The killed engine's lock stands in the way, and one resource is half gone."""
    killed(project, "destroy")
    refused = project.pulumi("destroy", "--yes", "--skip-preview", "--stack", "pr-42-gra", check=False)
    assert "currently locked by 1 lock" in refused.stdout + refused.stderr
    down(deployed, "pr-42")
    is_gone(deployed, project)


def test_an_interrupted_up_is_taken_down(tools: Tools, project: Project) -> None:
    """It never ended, so there is no history; the state has a create that nobody knows the end of."""
    configure(tools, "pr-42-gra")
    killed(project, "up")
    shutil.move(project.directory / "Pulumi.pr-42-gra.yaml", project.directory / "lost.yaml")
    assert tools.backend.state("pr-42-gra").busy
    assert not tools.backend.restore("pr-42-gra")
    down(tools, "pr-42")
    is_gone(tools, project)


def test_the_checkouts_own_stack_stays_selected(tools: Tools, project: Project, tmp_path: Path) -> None:
    """Making environments must not change what `pulumi up` without a stack would deploy."""
    assert tmp_path == project.directory
    project.pulumi("stack", "select", "--create", "sbg")
    configure(tools, "pr-42-gra")
    assert project.pulumi("stack").stdout.startswith("Current stack is sbg:")
