"""Lanes: what each client went on doing, as the moments at which it was served (monotonic clock, seconds)."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from drill.record import Span
from recovery.worst_case import Service


@dataclass(frozen=True)
class Lane:
    """One client's moments of service.

    Attributes:
        kind: what the client does.
        name: for people, such as "media, across-sbg".
        site: whose client it is: the site it would rather use.
        interval: seconds between two moments without a fault; what is longer by far is a gap.
        moments: in order.
    """

    kind: Service
    name: str
    site: str
    interval: float
    moments: Sequence[float]

    def gap(self, since: float, until: float) -> float | None:
        """The longest time without service from `since` to `until`, in seconds; None when it had not come back."""
        if not self.moments or self.moments[-1] <= until - self._tolerance:
            return None
        return self.longest(since, until)

    def longest(self, since: float, until: float) -> float:
        """The longest time without service, whether it has come back or not."""
        served = self._between(since, until)
        return max(later - earlier for earlier, later in pairwise([since, *served, until]))

    def steady(self, since: float, now: float, seconds: float) -> bool:
        """Whether the last `seconds` before `now` had no gap, and there was service after `since`."""
        served = self._between(max(since, now - seconds), now)
        ends = [max(since, now - seconds), *served, now]
        return bool(served) and all(later - earlier <= self._tolerance for earlier, later in pairwise(ends))

    def spans(self, since: float, until: float) -> list[Span]:
        """When it was not served, in seconds since `since`."""
        before = [moment for moment in self.moments if moment < since][-1:]
        ends = pairwise([*(before or [since]), *self._between(since, until), until])
        return [
            Span(self.name, max(0.0, earlier - since), later - since)
            for earlier, later in ends
            if later - earlier > self._tolerance and later > since
        ]

    @property
    def _tolerance(self) -> float:
        """What is longer than this is a gap: one moment is missing, and the next one half a second late."""
        return 2 * self.interval + 0.5

    def _between(self, since: float, until: float) -> list[float]:
        return [moment for moment in self.moments if since <= moment <= until]
