"""An `up` killed at moments nobody chose, and what the runbook says then: complete, nothing doubled, nothing left.

KILLS=10 has it killed that often, SEED=... at the moments of another day.
"""

import os
import random
import signal
import subprocess
import time
from collections.abc import Mapping

import pytest

from fleet.pulumi import UP, command
from lab.deployment import Deployment
from tests.engine.conftest import inventory

pytestmark = [pytest.mark.engine, pytest.mark.timeout(1800)]

STACK = "lab-gra"
KILLS = int(os.environ.get("KILLS", "2"))
SEED = int(os.environ.get("SEED", "18"))
# Of one deployment: each goes on from where the one before was cut off.
KILLS_EACH = 2
UP_SECONDS = 600
NOTHING = f"{STACK}: no update of it was cut off: pulumi up --stack {STACK}"


@pytest.fixture(scope="module")
def whole(deployment: Deployment) -> Mapping[str, int]:
    """How many the site has of each kind, and how many requests made it: of an `up` that nobody disturbed."""
    deployment.pulumi(STACK, "destroy", "--yes", "--skip-preview")
    deployment.lab.reset_calls()
    deployment.pulumi(STACK, "up", "--yes", "--skip-preview")
    made = counted(deployment) | {"requests": requests(deployment)}
    deployment.pulumi(STACK, "destroy", "--yes", "--skip-preview")
    return made


def counted(deployment: Deployment) -> dict[str, int]:
    """How many the API has of each kind."""
    return {kind: len(names) for kind, names in inventory(deployment, STACK).items()}


def requests(deployment: Deployment) -> int:
    """What was asked for that makes something, since calls were last counted anew."""
    return sum(count for (*_, method, _), count in deployment.lab.calls().items() if method in ("POST", "PUT"))


def killed_after(deployment: Deployment, count: int) -> bool:
    """Run `up`, and end it at once with all that it started when so many requests were made; false: it was done."""
    deployment.lab.reset_calls()
    line = deployment.inside(command(*UP, stack=STACK))
    environment = deployment.environment(STACK)
    with subprocess.Popen(line, env=environment, stdout=subprocess.DEVNULL, start_new_session=True) as running:
        deadline = time.monotonic() + UP_SECONDS
        while running.poll() is None and requests(deployment) < count:
            assert time.monotonic() < deadline, f"{requests(deployment)} of {count} requests in {UP_SECONDS} s"
            time.sleep(0.02)
        if running.poll() is not None:
            return False
        os.killpg(running.pid, signal.SIGKILL)
    return True


def as_the_runbook_says(deployment: Deployment) -> None:
    """docs/runbook.md#up-interrupted, but for the `up` that goes on."""
    deployment.pulumi(STACK, "cancel", "--yes")
    deployment.run(STACK, ["python", "-m", "ops", "leftovers", STACK, "--yes"])


@pytest.mark.parametrize("round_", range(KILLS // KILLS_EACH))
def test_an_up_that_was_killed_is_completed(deployment: Deployment, whole: Mapping[str, int], round_: int) -> None:
    """Twice in the same deployment, then it is left in peace."""
    seed = SEED + round_
    chosen = random.Random(seed)  # noqa: S311 - a moment, no secret
    moments, left, killed = [], whole["requests"], []
    for _ in range(KILLS_EACH):
        # What is there is not made again; the last ones are left, as an `up` that was quicker than its end is none.
        moments.append(chosen.randint(1, max(1, left * 9 // 10)))
        killed.append(killed_after(deployment, moments[-1]))
        left -= moments[-1]
        as_the_runbook_says(deployment)
    print(f"seed {seed}: killed after {moments} of {whole['requests']} requests: {killed}")
    assert killed[0], "it was done before it was killed"
    deployment.pulumi(STACK, "up", "--yes", "--skip-preview")
    assert counted(deployment) == {kind: count for kind, count in whole.items() if kind != "requests"}
    deployment.pulumi(STACK, "preview", "--refresh", "--expect-no-changes")
    assert deployment.run(STACK, ["python", "-m", "ops", "leftovers", STACK]).stdout.strip() == NOTHING
    deployment.pulumi(STACK, "destroy", "--yes", "--skip-preview")
    assert inventory(deployment, STACK) == {}
