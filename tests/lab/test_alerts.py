"""Every alert fires for what it is for, is told to whoever operates in the time that the settings promise, and ends."""

from functools import partial

import pytest

from boot.monitoring.alerts import Alert
from drill.run import WHOLE_SECONDS
from lab.deployment import Deployment
from lab.drill_alerts import MACHINES_ALONE, SWITCHED_OFF, Rehearsed, rehearse_all
from lab.drill_target import lab_target
from settings.monitoring import GROUP_WAIT
from tests.daemons.monitoring_host import Caught
from tests.lab.waiting import eventually

pytestmark = [pytest.mark.lab, pytest.mark.timeout(2400)]

# A group's wait and a webhook's, since monitoring no longer says so, on a busy machine.
ENDED_SECONDS = GROUP_WAIT + 50
# From the moment at which monitoring was to be told to the moment at which it was: a login, a reload.
MOMENT_SECONDS = 5


@pytest.fixture(scope="module")
def rehearsed(deployment: Deployment, caught: Caught) -> dict[Alert, Rehearsed]:
    """All of them, as many at the same time as can be."""
    with lab_target(deployment) as target:
        target.wait_whole(deadline=WHOLE_SECONDS)
        return {one.alert: one for one in rehearse_all(target)}


@pytest.mark.parametrize("alert", [alert for alert in Alert if alert not in (*MACHINES_ALONE, *SWITCHED_OFF)])
def test_an_alert_fires_is_told_in_time_and_ends(
    rehearsed: dict[Alert, Rehearsed], caught: Caught, alert: Alert
) -> None:
    """What has it fire is a fault of the drill, or a rehearsal (`drill/rehearsals.py`)."""
    one = rehearsed[alert]
    assert one.problem == "", one
    if alert is Alert.WATCHDOG:
        assert caught.first("/switch", alert) is not None
        return

    def told(status: str, since: float) -> float | None:
        later = Caught()
        later.told = [entry for entry in caught.told if entry[0] >= since]
        return later.first("/alerts", alert, status)

    moment = told("firing", one.struck)
    assert moment is not None
    took = moment - one.begun
    print(f"{alert}: told after {took:.0f} s, promised {one.promised} s ({one.done})")
    assert took < one.promised + MOMENT_SECONDS
    ended = partial(told, "resolved", moment)
    eventually(lambda: "told" if ended() else "not yet", "told", deadline=ENDED_SECONDS, what=f"{alert} ended")
