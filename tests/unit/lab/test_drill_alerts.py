"""Every alert is rehearsed, none twice."""

from itertools import chain

from boot.monitoring.alerts import Alert
from lab.drill_alerts import LONG, ROUNDS


def test_every_alert_has_its_place() -> None:
    assert sorted([*LONG, *chain(*ROUNDS)]) == sorted(Alert)
