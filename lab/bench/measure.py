"""Time a command as a whole process, several times, and keep what the API was asked."""

import statistics
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from lab import Lab


@dataclass(frozen=True)
class Figure:
    """What several runs took, in seconds, and the API calls of the last one by service and method."""

    what: str
    runs: tuple[float, ...]
    calls: Counter[str]

    @property
    def median(self) -> float:
        """The median, in seconds."""
        return statistics.median(self.runs)

    def __str__(self) -> str:
        spread = f"{min(self.runs):.2f} - {max(self.runs):.2f}" if len(self.runs) > 1 else "one run"
        calls = ", ".join(f"{call} {count}" for call, count in sorted(self.calls.items()))
        return f"{self.what:<44} {self.median:7.2f} s  ({spread})  {sum(self.calls.values())} calls: {calls}"


def measure(what: str, lab: Lab, run: Callable[[], object], *, times: int = 1) -> Figure:
    """Run something `times` times, one after the other, and say what it took."""
    runs = []
    calls: Counter[str] = Counter()
    for _ in range(times):
        lab.reset_calls()
        begun = time.monotonic()
        run()
        runs.append(time.monotonic() - begun)
        calls = Counter()
        for (service, _region, method, _path), count in lab.calls().items():
            calls[f"{service} {method}"] += count
    figure = Figure(what, tuple(runs), calls)
    print(figure, flush=True)
    return figure
