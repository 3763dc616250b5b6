"""Faults on an environment in a cloud, measured from its clients' side.

    python -m ops drill gra sbg witness --fault redis-master-off --fault edge-lost

Exit status: 0 when every budget was met, 1 when one was not or not all was drilled, 2 when nothing was. `drill` and
`command` are for other targets too: `make drill` hands the demo in.
"""

import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from drill.baseline import baseline, quiet
from drill.budgets import budgets, keys
from drill.catalogue import UnknownFaultError, chosen
from drill.cloud_target import Operator, cloud_target
from drill.crowd import crowd
from drill.exercise import Exercise
from drill.observers import Sentinels
from drill.record import Drilled, Report
from drill.report.figures import next_to_budget
from drill.report.medians import medians
from drill.report.store import STORE, place, write
from drill.report.terminal import terminal
from drill.run import WHOLE_SECONDS, Run, Stage
from drill.runbook import shortcomings
from drill.target import Target, TargetError
from fleet.arguments import HERE, Authority, Directory, Identity, Stacks
from fleet.progress import say

PASSED, MISSED, REFUSED = 0, 1, 2

Faults = Annotated[Sequence[str], "the name of a fault; none: all of them, --list shows them"]
Listed = Annotated[bool, "the faults, and what they are"]
Repaired = Annotated[bool, "undo what an interrupted drill left, and wait"]
Reports = Annotated[Path, "where reports are kept"]
Repeat = Annotated[int, "how often each is done, one fault after the other; 1 by default"]


@dataclass(frozen=True)
class Wanted:
    """What a drill was asked for, whatever its target.

    Attributes:
        faults: names; none: all of them.
        listed: only show the faults.
        repair: undo what an interrupted drill left, in place of a drill.
        reports: where reports are kept.
        repeat: how often each fault is done.
    """

    faults: Sequence[str]
    listed: bool
    repair: bool
    reports: Path
    repeat: int = 1


def drill(target: Target, exercises: Sequence[Exercise]) -> Iterator[Report]:
    """Run the exercises one after the other; after each the report of all so far.

    Raises:
        TargetError: the target was not whole before a fault.
    """
    begun, clock = datetime.now(UTC).isoformat(timespec="seconds"), time.monotonic()
    drilled: list[Drilled] = []
    target.wait_whole(deadline=WHOLE_SECONDS)
    with ExitStack() as stack:
        everybody = stack.enter_context(crowd(target))
        sentinels = stack.enter_context(Sentinels(target.subscribed()))
        say("measures how long everything takes without a fault")
        calm = quiet(lambda: baseline(everybody, target), say)
        say(f"without a fault: {calm}")
        for number, exercise in enumerate(exercises, 1):
            say(f"{number} of {len(exercises)}: {exercise.title}")
            if exercise.needs_zone:
                target.delegated()
            stage = Stage(target, everybody, sentinels)
            promised = budgets(target, exercise.fault, calm)
            one = Run(stage, exercise, promised, keys(target, exercise.fault), say).record()
            drilled.append(one)
            missed = [f"{m.name} {next_to_budget(m)}" for m in one.measures if not m.met]
            said = "; ".join([*missed, *one.problems])
            say(f"{one.name}: {f'MISSED: {said}' if said else 'passed'}, after {one.seconds:.0f} s")
            yield Report(target.name, target.text, begun, time.monotonic() - clock, tuple(drilled))


def main(
    stack: Stacks,
    *,
    fault: Faults = (),
    list_: Listed = False,
    repair: Repaired = False,
    reports: Reports = STORE,
    repeat: Repeat = 1,
    yes_i_mean_it: Annotated[bool, "it may be a production environment"] = False,
    authority: Authority = None,
    identity: Identity = None,
    directory: Directory = HERE,
) -> int:
    """The command for an environment in a cloud."""
    operator = Operator(directory, identity, authority, yes_i_mean_it)
    return command(Wanted(fault, list_, repair, reports, repeat), lambda: cloud_target(stack, operator))


def command(wanted: Wanted, target_of: Callable[[], AbstractContextManager[Target]]) -> int:
    """What was asked for, on a target.

    Returns:
        0 when every budget was met, 1 when one was not or not all was drilled, 2 when nothing was.
    """
    # Whoever ends a drill wants its fault undone.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(REFUSED))
    try:
        if wanted.repeat < 1:
            raise TargetError(f"--repeat {wanted.repeat}: must be 1 or more")
        exercises = chosen(wanted.faults)
        if wanted.listed:
            print("\n".join(f"{exercise.name:24}{exercise.title}" for exercise in exercises))
            return PASSED
        if lacking := [reason for exercise in exercises for reason in shortcomings(exercise.fault)]:
            raise TargetError(f"the runbook has no answer: {'; '.join(lacking)}")
        with target_of() as target:
            exercises = _possible(target, exercises, named=set(wanted.faults))
            if wanted.repair:
                print("\n".join(target.repair()))
                print(f"whole again after {target.wait_whole(deadline=WHOLE_SECONDS):.0f} s")
                return PASSED
            return _through(target, [one for one in exercises for _ in range(wanted.repeat)], wanted.reports)
    except (UnknownFaultError, TargetError) as error:
        print(f"error: {error}", file=sys.stderr)
        return REFUSED


def _through(target: Target, exercises: Sequence[Exercise], store: Path) -> int:
    """Drill them, keep the report and print it; a target that does not become whole ends the drill early.

    Raises:
        TargetError: the target was not whole at first.
    """
    report, path = None, store
    try:
        for report in drill(target, exercises):
            path = write(report, place(report, store))
    except TargetError as error:
        if report is None:
            raise
        print(f"error: {error}\nthe drill ends here; `make drill-repair` undoes what is left", file=sys.stderr)
    if report is None:
        return REFUSED
    print(terminal(report, shutil.get_terminal_size().columns), end="\n\n")
    if len({one.name for one in report.drilled}) < len(report.drilled):
        print(medians(report), end="\n\n")
    print(path)
    return PASSED if report.passed and len(report.drilled) == len(exercises) else MISSED


def _possible(target: Target, exercises: Sequence[Exercise], *, named: set[str]) -> list[Exercise]:
    """Those that can be done on this target; what was asked for by name is not passed over."""
    impossible = target.impossible()
    for exercise in exercises:
        if reason := impossible.get(exercise.fault):
            if exercise.name in named:
                raise TargetError(f"{exercise.name} cannot be done here: {reason}")
            say(f"LEFT OUT: {exercise.name}: {reason}")
    possible = [exercise for exercise in exercises if exercise.fault not in impossible]
    if not possible:
        raise TargetError("none of the faults can be done here")
    return possible
