"""Has alerts fire on a lab that is up, by a fault or a rehearsal, and sees each end again.

python -m lab drill-alerts DiskFull EdgeDown
"""

import sys
import time
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Annotated

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
from lab.demo import Deployed
from lab.deployment import Deployment
from lab.drill_target import lab_target

ENDS_SECONDS = 180
# A login that asks, and the pause between two.
_ASKED_SECONDS, _POLL = 5, 2

# Those that machines with a kernel of their own alone can show, each with the reason; tests/machines does.
MACHINES_ALONE = {Alert.DISK_FULL: "node_exporter leaves out overlay file systems, which a container's root is"}
# Those of what the lab's own tests do not switch on; and the users' own build says nothing of quality.
SWITCHED_OFF = (Alert.RELAY_DOWN, Alert.PACKET_LOSS, Alert.POOR_QUALITY)
# Those that wait for minutes: they are made to fire while all others are.
LONG = (
    Alert.CPU_SATURATED,
    Alert.NETWORK_NEAR_GATEWAY_CAP,
    Alert.CAPACITY_NEARLY_USED,
    Alert.MEMORY_LOW,
    Alert.CLOCK_SKEWED,
    Alert.MONITORING_TARGET_MISSING,
    Alert.HEALTH_SLOW,
    Alert.CERTIFICATE_EXPIRES,
    Alert.IMAGE_OLD,
    Alert.REDIS_COMMAND_REFUSED,
    Alert.WATCHDOG,
    Alert.NODE_FULL,
)
# The others, round by round. What makes one of a round fire keeps none beside it from firing; and the two masters come
# before the Sentinels that would mend them are lost.
ROUNDS = (
    (Alert.BACKBONE_UNREACHABLE, Alert.EDGE_DOWN, Alert.REDIS_REPLICA_MISSING),
    (Alert.REDIS_REPLICATION_LAG, Alert.ROOM_TABLES_DISAGREE),
    (
        Alert.TWO_MASTERS,
        Alert.SENTINEL_QUORUM_LOST,
        Alert.SENTINEL_MISSING,
        Alert.INSTANCE_DOWN,
        Alert.DNS_ANSWERS_DIFFER,
    ),
    (Alert.REDIS_MASTER_MISSING,),
    (Alert.ROOMS_DO_NOT_OPEN, Alert.RELAY_DOWN),
    # People meet, whom what makes others fire would part.
    (Alert.PACKET_LOSS, Alert.POOR_QUALITY),
)


@dataclass(frozen=True)
class Rehearsed:
    """An alert that was made to fire.

    Attributes:
        alert: which.
        done: by what, in words.
        struck: when the first of those that are rehearsed together was begun, on the monotonic clock: it may be told at
            once.
        begun: when all of them were done.
        promised: seconds within which it fires.
        took: seconds that it took; None: it did not fire.
        problem: what was not as it must be; empty when all was.
    """

    alert: Alert
    done: str
    struck: float
    begun: float
    promised: float
    took: float | None
    problem: str = ""


def rehearse_all(target: Target, alerts: Collection[Alert] = (*LONG, *chain(*ROUNDS))) -> Iterator[Rehearsed]:
    """Have alerts fire and end, as many as can at the same time.

    Raises:
        TargetError: monitoring does not answer, or something was not done.
    """
    known = _said(target).holds
    alerts = [alert for alert in alerts if alert in known]
    with ThreadPoolExecutor(1) as beside:
        long = beside.submit(rehearse, target, [alert for alert in LONG if alert in alerts])
        for together in ROUNDS:
            if some := [alert for alert in together if alert in alerts]:
                yield from rehearse(target, some)
                target.wait_whole(deadline=WHOLE_SECONDS)
        yield from long.result()


def rehearse(target: Target, alerts: Sequence[Alert]) -> list[Rehearsed]:
    """Have some alerts fire at the same time, and end.

    Raises:
        TargetError: monitoring does not answer, or something was not done.
    """
    if not alerts:
        return []
    # A round before may have had one fire beside those that it was for.
    ending = [alert for alert in alerts if alert is not Alert.WATCHDOG]
    quiet = _until(target, ending, fire=False, deadline=ENDS_SECONDS)
    before = _said(target)
    promised = {alert: fires_within(round(before.holds[alert]), round(before.interval)) for alert in alerts}
    with ExitStack() as undoing:
        struck = time.monotonic()
        done = _struck(target, alerts, undoing)
        begun = time.monotonic()
        fired = _until(target, alerts, fire=True, deadline=max(promised.values()) + _ASKED_SECONDS)
    ended = _until(target, ending, fire=False, deadline=ENDS_SECONDS)
    found = []
    for alert in alerts:
        took = fired.get(alert)
        problem = ""
        if alert in ending and alert not in quiet:
            problem = "it fired before"
        elif took is None or took > promised[alert] + _ASKED_SECONDS:
            problem = f"it did not fire in {promised[alert]} s"
        elif alert in ending and alert not in ended:
            problem = f"it did not end in {ENDS_SECONDS} s"
        found.append(Rehearsed(alert, done[alert], struck, begun, promised[alert], took, problem))
    return found


def _struck(target: Target, alerts: Sequence[Alert], undoing: ExitStack) -> dict[Alert, str]:
    """Do what makes them fire, a fault that several have once; by what, in words."""
    done: dict[Alert, str] = {}
    faults = {}
    for alert in alerts:
        if rehearsal := REHEARSALS.get(alert):
            undoing.enter_context(rehearsal(target))
            done[alert] = "rehearsed"
        elif alert is Alert.WATCHDOG:
            done[alert] = "as always"
        else:
            fault = FIRED_BY[alert][0]
            if fault not in faults:
                exercise = next(one for one in EXERCISES if one.fault is fault)
                faults[fault] = undoing.enter_context(exercise.strike(target)).done
            done[alert] = faults[fault]
    return done


def _until(target: Target, alerts: Sequence[Alert], *, fire: bool, deadline: float) -> dict[Alert, float]:
    """Wait until all fire, or none does any more; the seconds that each took, without those that did not in time."""
    begun = time.monotonic()
    took: dict[Alert, float] = {}
    while len(took) < len(alerts) and time.monotonic() - begun < deadline:
        firing = _said(target).firing
        took |= {a: time.monotonic() - begun for a in alerts if a not in took and (a in firing) is fire}
        time.sleep(_POLL)
    return took


def _said(target: Target) -> Said:
    (witness,) = target.fleet.of("witness")
    try:
        return asked(partial(ssh.run, target.config), witness.name)
    except ValueError as error:
        raise TargetError(str(error)) from error


def main(alert: Annotated[Sequence[Alert], "an alert; none: all of them"] = (), *, lab: Deployed = demo.NAME) -> int:
    """The command: 0 when every alert fired and ended, 1 when one did not, 2 when nothing was tried."""
    failed = 0
    try:
        with lab_target(Deployment(Lab(lab))) as target:
            known = _said(target).holds
            wanted = alert or list(Alert)
            left_out = {one: "not of this environment" for one in wanted if one not in known} | MACHINES_ALONE
            for one in set(wanted) & left_out.keys():
                say(f"LEFT OUT: {one}: {left_out[one]}")
            for rehearsed in rehearse_all(target, [one for one in wanted if one not in left_out]):
                failed += bool(rehearsed.problem)
                missed = f"MISSED: {rehearsed.alert}: {rehearsed.problem} ({rehearsed.done})"
                say(missed if rehearsed.problem else _fired(rehearsed))
    except TargetError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 1 if failed else 0


def _fired(one: Rehearsed) -> str:
    return f"{one.alert}: fired {one.took:.0f} s after it began, promised {one.promised} s ({one.done})"
