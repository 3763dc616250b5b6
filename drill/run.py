"""One exercise: gather, strike, watch, undo, wait until all is whole, record."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial

from drill.baseline import pages, quiet
from drill.crowd import Crowd, Meetings
from drill.exercise import Check, Exercise, Struck
from drill.lanes import Lane
from drill.observation import Budgets, Keys, Seen, Window, detection, measures
from drill.observers import Sentinels, journal_marks
from drill.record import Drilled, Mark, Measure
from drill.target import Target, TargetError
from fleet.until import until

# How long the drill waits for what should come much sooner, in seconds.
RECOVERY_SECONDS = 120
WHOLE_SECONDS = 300
# Served again means: for this long without a gap.
CALM_SECONDS = 3.0
_FAILURES = (TargetError, OSError)


@dataclass(frozen=True)
class Stage:
    """Where exercises run: the target, everybody on it, and those who say first that something is wrong."""

    target: Target
    crowd: Crowd
    sentinels: Sentinels


class Run:
    """One exercise; `record` is there at its end."""

    def __init__(
        self, stage: Stage, exercise: Exercise, budgets: Budgets, keys: Keys, say: Callable[[str], None]
    ) -> None:
        self._stage, self._exercise, self._say = stage, exercise, say
        self._budgets, self._keys = budgets, keys
        self._problems: list[str] = []
        self._struck = Struck("nothing", time.monotonic())

    def record(self) -> Drilled:
        """Run it.

        Raises:
            TargetError: the target was not whole before, or too busy.
        """
        target, crowd = self._stage.target, self._stage.crowd
        target.wait_whole(deadline=WHOLE_SECONDS)
        if self._exercise.master_home:
            target.master_at(target.primary)
        instance = target.server("meeting", target.primary).name
        with crowd.meetings(self._exercise.name, instance) as meetings, crowd.newcomers() as newcomers:
            lanes = partial(crowd.lanes, meetings, newcomers)
            quiet(partial(pages, crowd), self._say)
            self._struck = Struck("nothing", time.monotonic())
            with self._noting():
                self._strike(meetings, lanes)
            begun, healed = self._struck.begun, time.monotonic()
            self._say(f"undone after {healed - begun:.1f} s; waits until all is whole")
            whole = self._whole_again()
            self._say(f"whole {whole:.1f} s later; waits for everybody")
            with self._noting():
                # A room that may be split stays so until its people load the page anew.
                apart = self._budgets.get("rooms split") is None
                meetings.wait_whole(deadline=RECOVERY_SECONDS, apart=apart)
            self._wait_served(lanes, healed)
            self._look(self._exercise.afterwards, meetings)
            astray: list[str] = []
            with self._noting():
                astray = crowd.astray(meetings)
            window = Window(begun, healed, time.monotonic())
            surviving = {site: target.surviving(f"drill-{site}") for site in crowd.writers}
            seen = Seen(crowd, meetings, newcomers, lanes(), self._promised(lanes()), astray, surviving)
            return self._recorded(seen, window, whole)

    def _whole_again(self) -> float:
        """Seconds until all is redundant again; what kept it from that is a problem of this exercise."""
        try:
            return self._stage.target.wait_whole(deadline=WHOLE_SECONDS)
        except TargetError as error:
            self._problems.append(str(error))
            return float(WHOLE_SECONDS)

    def _strike(self, meetings: Meetings, lanes: Callable[[], list[Lane]]) -> None:
        """Do the fault, wait for the recovery, look, undo it."""
        with self._exercise.strike(self._stage.target) as self._struck:
            struck = self._struck
            self._say(f"{struck.done}; {struck.at - struck.begun:.1f} s for it")
            self._wait_served(lambda: self._promised(lanes()), time.monotonic())
            self._look(self._exercise.during, meetings)
            time.sleep(max(0.0, struck.at + self._exercise.lasts - time.monotonic()))

    def _wait_served(self, lanes: Callable[[], Sequence[Lane]], since: float) -> None:
        """Until everybody of some lanes has been served for a while without a gap."""

        def lacking() -> str:
            now = time.monotonic()
            waiting = [lane.name for lane in lanes() if not lane.steady(since, now, CALM_SECONDS)]
            return ", ".join(waiting) or ("" if now - since >= CALM_SECONDS else "calm")

        with self._noting():
            until(lacking, seconds=RECOVERY_SECONDS, what="served again", error=TargetError, pause=0.25)

    def _promised(self, lanes: Sequence[Lane]) -> list[Lane]:
        """Those of clients that are promised something while the fault lasts."""
        struck = self._struck
        return [
            lane for lane in lanes if lane.site not in (struck.cut_off if lane.kind == "write" else struck.unserved)
        ]

    def _look(self, checks: tuple[Check, ...], meetings: Meetings) -> None:
        for check in checks:
            with self._noting():
                if said := check(self._stage.target, meetings):
                    self._problems.append(said)

    @contextmanager
    def _noting(self) -> Iterator[None]:
        """Failures inside are noted, and the exercise goes on."""
        try:
            yield
        except _FAILURES as error:
            self._problems.append(f"{type(error).__name__}: {error}")

    def _recorded(self, seen: Seen, window: Window, whole: float) -> Drilled:
        marks = self._marks(window)
        promised = {lane.name for lane in seen.promised}
        measured = (
            *detection(marks, self._struck.lost, window, self._budgets.get("detect")),
            *measures(seen, window, self._budgets),
            Measure("full redundancy", "s", whole, self._budgets.get("full redundancy")),
        )
        return Drilled(
            name=self._exercise.name,
            title=self._exercise.title,
            done=self._struck.done,
            measures=tuple(replace(one, keys=self._keys.get(one.name, ())) for one in measured),
            lanes=tuple(lane.name for lane in seen.lanes),
            spans=tuple(span for lane in seen.lanes for span in lane.spans(window.since, window.until)),
            marks=tuple(marks),
            healed=window.healed - window.since,
            seconds=window.until - window.since,
            problems=tuple(self._problems),
            scenario_of=self._exercise.fault.value if self._exercise.scenario else "",
            unpromised=tuple(lane.name for lane in seen.lanes if lane.name not in promised),
        )

    def _marks(self, window: Window) -> list[Mark]:
        """What was said between the injection and the end, in order."""
        target = self._stage.target
        found = self._stage.sentinels.marks(window.since)
        for server in {
            server.name: server for server in [*target.fleet.of("edge"), *target.fleet.nameservers]
        }.values():
            with suppress(OSError):
                found += journal_marks(target.config, server, target.fleet, window.since)
        return sorted((m for m in found if m.at <= window.until - window.since), key=lambda mark: mark.at)
