"""`python -m lab.drill_alerts`: has alerts fire on the demo, by a fault or a rehearsal, and sees each end again."""

import argparse
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from boot.monitoring.alerts import FIRED_BY, Alert
from boot.monitoring.patience import fires_within
from drill.faults import EXERCISES
from drill.rehearsals import REHEARSALS
from drill.run import WHOLE_SECONDS
from drill.target import Target, TargetError
from fleet import ssh
from fleet.alerts import Said, asked
from fleet.progress import say
from lab import Lab, demo
from lab.deployment import Deployment
from lab.drill_target import lab_target

ENDS_SECONDS = 180
# Emulated servers are slow to answer, and so is the login that asks.
SLOW_SECONDS = 30
_POLL = 3


@contextmanager
def struck(target: Target, alert: Alert) -> Iterator[str]:
    """What makes an alert fire, for as long as it is entered; in words."""
    if rehearsal := REHEARSALS.get(alert):
        with rehearsal(target):
            yield "rehearsed"
    elif alert is Alert.WATCHDOG:
        yield "as always"
    else:
        exercise = next(one for one in EXERCISES if one.fault is FIRED_BY[alert][0])
        with exercise.strike(target) as done:
            yield done.done


def rehearse(target: Target, alert: Alert) -> str:
    """Have one alert fire and end; a sentence with the seconds that it took.

    Raises:
        TargetError: it fired before, too late or not at all, or did not end.
    """
    before = _said(target)
    if alert is not Alert.WATCHDOG and alert in before.firing:
        raise TargetError(f"{alert} fires already")
    promised = fires_within(round(before.holds[alert]), round(before.interval)) + SLOW_SECONDS
    with struck(target, alert) as done:
        took = _until(target, alert, fires=True, deadline=promised)
    if alert is not Alert.WATCHDOG:
        target.wait_whole(deadline=WHOLE_SECONDS)
        _until(target, alert, fires=False, deadline=ENDS_SECONDS)
    return f"{alert}: fired {took:.0f} s after it began, promised {promised} s ({done})"


def _until(target: Target, alert: Alert, *, fires: bool, deadline: float) -> float:
    begun = time.monotonic()
    while (alert in _said(target).firing) is not fires:
        if time.monotonic() - begun > deadline:
            raise TargetError(f"{alert} {'does not fire' if fires else 'does not end'} in {deadline:.0f} s")
        time.sleep(_POLL)
    return time.monotonic() - begun


def _said(target: Target) -> Said:
    (witness,) = target.fleet.of("witness")
    try:
        return asked(partial(ssh.run, target.config), witness.name)
    except ValueError as error:
        raise TargetError(str(error)) from error


def main() -> int:
    """The command: 0 when every alert fired and ended."""
    parser = argparse.ArgumentParser(prog="python -m lab.drill_alerts", description="Have alerts fire, and end.")
    parser.add_argument("alert", nargs="*", type=Alert, help=f"none: all; {', '.join(Alert)}")
    parser.add_argument("--lab", default=demo.NAME, help="a lab that is up, with monitoring deployed to it")
    args = parser.parse_args()
    failed = 0
    try:
        with lab_target(Deployment(Lab(args.lab))) as target:
            known = _said(target).holds
            for alert in args.alert or Alert:
                if alert not in known:
                    say(f"LEFT OUT: {alert} is not of this environment")
                    continue
                try:
                    say(rehearse(target, alert))
                except TargetError as error:
                    failed += 1
                    say(f"MISSED: {error}")
    except TargetError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
