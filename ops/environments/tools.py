"""What making, taking down and sweeping work with: the CLI, the clouds, the clock."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from fleet import side_by_side
from fleet.inventory import Resource, of_stack
from fleet.side_by_side import Outcome
from ops.environments import records
from ops.environments.backend import Backend, environment
from ops.environments.base import Base, Place
from ops.environments.cloud import Cloud
from ops.environments.records import Resolve

# No `up` of three sites takes as long, nor a `destroy` that gets anywhere.
DEADLINE = 1800.0

Commands = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Tools:
    """Everything outside of the process, so that a test can have others."""

    base: Base
    backend: Backend
    cloud: Cloud
    run: Callable[[Commands, Path], Mapping[str, Outcome]]
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    resolve: Resolve = records.resolve
    now: Callable[[], datetime] = field(default=partial(datetime.now, UTC))

    @classmethod
    def on(cls, base: Base) -> "Tools":
        """The real ones."""
        cloud = Cloud(list(base.regions.values()), list(base.regions))
        return cls(base, Backend(base.directory), cloud, _run)

    def logs(self, name: str) -> Path:
        """Where the CLI's output for an environment is kept, and its private authority."""
        return self.base.directory / ".environments" / name

    def left(self, places: Iterable[Place]) -> list[Resource]:
        """What the API has of these places.

        Raises:
            StackError: it cannot be asked.
        """
        asked = list(places)
        found = self.cloud.resources(place.region for place in asked)
        return [r for place in asked for r in of_stack(found, place.stack, place.environment, place.site)]


def _run(commands: Commands, logs: Path) -> dict[str, Outcome]:
    return side_by_side.outcomes(commands, dict.fromkeys(commands, environment()), logs, deadline=DEADLINE)
