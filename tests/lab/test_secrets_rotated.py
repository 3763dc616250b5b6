"""A secret is rotated, and each of its three rounds is cut off after the first stack; nobody is logged out."""

import os
import signal
import subprocess

import pytest

from fleet.fleet import Fleet
from fleet.until import until
from lab import demo
from lab.deployment import Deployment
from lab.workspace import STACKS
from tests.lab.sessions import session

pytestmark = [pytest.mark.lab, pytest.mark.timeout(1200)]

ROTATE = ["python", "-m", "ops", "secrets", *STACKS, "--rotate", "cookie_secret"]
CUT = "cookie_secret: a round was cut off; it is finished now, and the next one has not begun"


def _cut_off(deployment: Deployment) -> None:
    """Begin a round, and kill it with all that it started once the first stack's file is another."""
    file = deployment.directory / f"Pulumi.{STACKS[0]}.yaml"
    before = file.read_text()
    with subprocess.Popen(
        deployment.inside(ROTATE),
        env=deployment.environment(STACKS[0]),
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    ) as running:
        until(lambda: "as it was" if file.read_text() == before else "", seconds=60, what="the first stack", pause=0.02)
        assert running.poll() is None, "it was done before it was killed"
        os.killpg(running.pid, signal.SIGKILL)


def test_each_round_is_cut_off_and_goes_on(deployment: Deployment, fleet: Fleet) -> None:
    """The same command finishes the round; a login stays one as long as the old secret is accepted."""
    sid, cookie = session(deployment, fleet, "gra")
    for number in (1, 2, 3):
        _cut_off(deployment)
        assert CUT in deployment.run(STACKS[0], ROTATE).stdout
        demo.deploy(deployment)
        now = deployment.fleet()
        found = [session(deployment, now, site, cookie)[0] for site in ("gra", "sbg")]
        # By its third the hour is over that a cookie lives.
        assert [one == sid for one in found] == [number < 3] * 2
    said = deployment.run(STACKS[0], ROTATE[:-2]).stdout.splitlines()
    assert said[: len(STACKS)] == [f"{stack}: nothing to change" for stack in STACKS]
