"""The review of what the real engine previews, with the quota that a real Nova and Neutron tell.

The servers are not there to be asked for their meetings: that it says so is all that can be seen of it here.
"""

import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from lab.deployment import Deployment
from tests.configuration import ROOT
from tests.engine.conftest import inventory

pytestmark = [pytest.mark.engine, pytest.mark.timeout(1800)]

STACK = "lab-sbg"
HTTP3 = 'Rule(Role.EDGE, "public", WORLD, "udp", 443, 443, "HTTP/3"),'
OPENED = 'Rule(Role.REDIS, "public", WORLD, "tcp", 6379, 6379, "Redis from anywhere"),'


def review(deployment: Deployment, *options: str) -> subprocess.CompletedProcess[str]:
    """Preview the stack as it is in the workspace, and review it; no secret may be in either."""
    preview = deployment.pulumi(STACK, "preview", "--json", "--show-sames")
    file = deployment.directory / "preview.json"
    file.write_text(preview.stdout)
    done = deployment.run(STACK, ["python", "-m", "ops", "review", f"sbg={file}", *options], check=False)
    for key in ("cookie_secret", "redis_password"):
        assert deployment.secret(key) not in preview.stdout + done.stdout + done.stderr
    return done


@contextmanager
def opened(deployment: Deployment) -> Iterator[None]:
    """The workspace with a table of rules that opens Redis to the world."""
    settings = deployment.directory / "settings"
    settings.unlink()
    try:
        shutil.copytree(ROOT / "settings", settings)
        table = settings / "rules.py"
        text = table.read_text()
        assert HTTP3 in text
        table.write_text(text.replace(HTTP3, f"{HTTP3}\n        {OPENED}"))
        yield
    finally:
        shutil.rmtree(settings)
        settings.symlink_to(ROOT / "settings")


@pytest.fixture(scope="module")
def deployed(deployment: Deployment) -> Iterator[Deployment]:
    """The stack deployed, with the settings that the lab has by itself; it is destroyed afterwards."""
    deployment.configure()
    deployment.pulumi(STACK, "up", "--yes", "--skip-preview")
    yield deployment
    deployment.configure()
    deployment.pulumi(STACK, "destroy", "--yes", "--skip-preview")
    assert inventory(deployment, STACK) == {}


def test_a_first_deployment(deployment: Deployment) -> None:
    """Everything is created, five doors open to the world, and the region says what it has left."""
    done = review(deployment, "--patience", "120")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "No rule is broken." in done.stdout
    for role in ("edge", "meeting server", "Redis server"):
        assert re.search(rf"^- created: {role} lab-sbg-", done.stdout, re.MULTILINE), done.stdout
    assert done.stdout.count("- opens to the world: ") == 5
    assert re.search(r"^sbg +servers +0 +3 +(\d+|no limit)$", done.stdout, re.MULTILINE), done.stdout
    assert re.search(r"^sbg +floating IPs +0 +2 +(\d+|no limit)$", done.stdout, re.MULTILINE), done.stdout


def test_nothing_changes(deployed: Deployment) -> None:
    """What stays as it is costs what it costs, and keeps every rule."""
    done = review(deployed, "--patience", "120")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Nothing changes." in done.stdout
    assert "The change needs no more than there is now." in done.stdout
    assert re.search(r"^sbg +([0-9.]+) +\1 +- +-$", done.stdout, re.MULTILINE), done.stdout


def test_a_replaced_meeting_server(deployed: Deployment) -> None:
    """In terms of meetings: nobody answers for those on it, so the room that is left for people is told."""
    deployed.configure({"meeting": {"cookie_name": "other.sid"}})
    done = review(deployed, "--markdown")
    assert done.returncode == 0, done.stdout + done.stderr
    (line,) = [line for line in done.stdout.splitlines() if "**replaced**: meeting server" in line]
    assert "`lab-sbg-meeting-1`: what it boots with changes. Which meetings are on it is not known: " in line
    left = r"Until it has booted: room for 0 people in sbg instead of [\d,]+ \(.+; planned for: 50\)\."
    assert re.search(left, line), line


def test_redis_opened_to_the_world_is_refused(deployed: Deployment) -> None:
    """By a change of the very table that the tests of the table would look at: the engine's preview gives it away."""
    with opened(deployed):
        done = review(deployed, "--policy")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "only web, media and DNS are open to the world" in done.stdout
    assert "lab-sbg-redis-public-tcp-6379-from-0.0.0.0/0" in done.stdout
