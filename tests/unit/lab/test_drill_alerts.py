"""Every alert is rehearsed, none twice; and what a rehearsal says of an alert that does not do as it must."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from typing import cast

import pytest

from boot.monitoring.alerts import Alert
from boot.monitoring.patience import fires_within
from drill.target import Target
from fleet.alerts import Said
from lab import drill_alerts
from lab.drill_alerts import LONG, MACHINES_ALONE, ROUNDS, rehearse
from tests.machines.test_alerts import DONE


def test_every_alert_has_its_place() -> None:
    assert sorted([*LONG, *chain(*ROUNDS), *MACHINES_ALONE]) == sorted(Alert)
    assert MACHINES_ALONE.keys() <= DONE.keys()


class Monitoring:
    """Fires what is done, but for what it never fires, and what it always does."""

    def __init__(self, *, never: Alert | None = None, always: Alert | None = None) -> None:
        self.done: set[Alert] = set()
        self.never, self.always = never, always

    @contextmanager
    def rehearsal(self, alert: Alert) -> Iterator[None]:
        self.done.add(alert)
        yield
        self.done.remove(alert)

    def said(self, _: Target) -> Said:
        firing = (self.done - {self.never}) | ({self.always} if self.always else set())
        return Said(dict.fromkeys(Alert, 0.0), 0.0, tuple(firing), frozenset(), (), 1, ())


def problems(monitoring: Monitoring, monkeypatch: pytest.MonkeyPatch, *alerts: Alert) -> dict[Alert, str]:
    """What is wrong with each, once all were rehearsed at the same time."""
    for name, value in (("_POLL", 0), ("_ASKED_SECONDS", -9.9), ("ENDS_SECONDS", 0.1), ("_said", monitoring.said)):
        monkeypatch.setattr(drill_alerts, name, value)
    monkeypatch.setattr(drill_alerts, "REHEARSALS", {a: lambda _, a=a: monitoring.rehearsal(a) for a in alerts})
    return {one.alert: one.problem for one in rehearse(cast("Target", None), alerts)}


def test_alerts_fire_and_end(monkeypatch: pytest.MonkeyPatch) -> None:
    assert problems(Monitoring(), monkeypatch, Alert.DISK_FULL, Alert.MEMORY_LOW) == {
        Alert.DISK_FULL: "",
        Alert.MEMORY_LOW: "",
    }


def test_one_that_does_not_fire_is_said_beside_one_that_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monitoring = Monitoring(never=Alert.MEMORY_LOW)
    found = problems(monitoring, monkeypatch, Alert.DISK_FULL, Alert.MEMORY_LOW)
    assert found == {Alert.DISK_FULL: "", Alert.MEMORY_LOW: f"it did not fire in {fires_within(0, 0)} s"}
    assert monitoring.done == set()


def test_one_that_fired_before_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    found = problems(Monitoring(always=Alert.DISK_FULL), monkeypatch, Alert.DISK_FULL)
    assert found == {Alert.DISK_FULL: "it fired before"}
