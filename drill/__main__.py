"""`python -m drill --stack ...`: faults on an environment in a cloud, measured from its clients' side.

`drill` and `command` are for other targets too: `python -m lab.drill` hands the lab in.
"""

import argparse
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from datetime import UTC, datetime
from pathlib import Path

from drill.baseline import baseline, quiet
from drill.budgets import budgets
from drill.catalogue import UnknownFaultError, chosen
from drill.cloud_target import Operator, cloud_target
from drill.crowd import crowd
from drill.exercise import Exercise
from drill.observers import Sentinels
from drill.record import Drilled, Report
from drill.report.figures import next_to_budget
from drill.report.store import STORE, place, write
from drill.report.terminal import terminal
from drill.run import WHOLE_SECONDS, Run, Stage
from drill.runbook import shortcomings
from drill.target import Target, TargetError
from fleet.progress import say

PASSED, MISSED, REFUSED = 0, 1, 2


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
            one = Run(stage, exercise, budgets(target, exercise.fault, calm), say).record()
            drilled.append(one)
            missed = [f"{m.name} {next_to_budget(m)}" for m in one.measures if not m.met]
            said = "; ".join([*missed, *one.problems])
            say(f"{one.name}: {f'MISSED: {said}' if said else 'passed'}, after {one.seconds:.0f} s")
            yield Report(target.name, target.text, begun, time.monotonic() - clock, tuple(drilled))


def main() -> int:
    """The command for an environment in a cloud."""
    parser = arguments("python -m drill")
    parser.add_argument("--stack", nargs="+", required=True, help="the stacks of all sites of an environment")
    parser.add_argument("--yes-i-mean-it", action="store_true", help="it may be a production environment")
    parser.add_argument("--directory", type=Path, default=Path(), help="where the stacks' files are")
    parser.add_argument("--identity", type=Path, help="the private key to log in with")
    parser.add_argument("--authority", type=Path, help="the CA of the edges' certificate, if it is a private one")
    return command(parser.parse_args(), _on_cloud)


def command(args: argparse.Namespace, target_of: Callable[[argparse.Namespace], AbstractContextManager[Target]]) -> int:
    """What was asked for, on the target that the arguments name.

    Returns:
        0 when every budget was met, 1 when one was not or not all was drilled, 2 when nothing was.
    """
    # Whoever ends a drill wants its fault undone.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(REFUSED))
    try:
        exercises = chosen(args.fault)
        if args.list:
            print("\n".join(f"{exercise.name:24}{exercise.title}" for exercise in exercises))
            return PASSED
        if lacking := [said for exercise in exercises for said in shortcomings(exercise.fault)]:
            raise TargetError(f"the runbook has no answer: {'; '.join(lacking)}")
        with target_of(args) as target:
            exercises = _possible(target, exercises, named=set(args.fault))
            if args.repair:
                print("\n".join(target.repair()))
                print(f"whole again after {target.wait_whole(deadline=WHOLE_SECONDS):.0f} s")
                return PASSED
            return _through(target, exercises, args.reports)
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
    print(terminal(report, shutil.get_terminal_size().columns), f"\n{path}", sep="\n")
    return PASSED if report.passed and len(report.drilled) == len(exercises) else MISSED


def _on_cloud(args: argparse.Namespace) -> AbstractContextManager[Target]:
    return cloud_target(args.stack, Operator(args.directory, args.identity, args.authority, args.yes_i_mean_it))


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


def arguments(prog: str) -> argparse.ArgumentParser:
    """What every drill is asked with, whatever its target."""
    parser = argparse.ArgumentParser(prog=prog, description="Faults, measured from the clients' side.")
    parser.add_argument("fault", nargs="*", help="names of faults; none: all of them, --list shows them")
    parser.add_argument("--list", action="store_true", help="the faults, and what they are")
    parser.add_argument("--repair", action="store_true", help="undo what an interrupted drill left, and wait")
    parser.add_argument("--reports", type=Path, default=STORE, help="where reports are kept")
    return parser


if __name__ == "__main__":
    sys.exit(main())
