"""What a participant saw, in order, and how to wait for it."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

SHOWN = 6  # how many last events a timeout tells


@dataclass(frozen=True)
class Event:
    """Something a participant saw; `at` is the machine's monotonic clock, in seconds."""

    at: float
    peer: str
    name: str
    fields: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The event as one flat object."""
        return {"at": round(self.at, 4), "peer": self.peer, "event": self.name, **self.fields}

    def matches(self, name: str, fields: dict[str, Any]) -> bool:
        """Whether the event has this name and at least these fields."""
        return self.name == name and all(self.fields.get(key) == value for key, value in fields.items())

    def __str__(self) -> str:
        words = " ".join(f"{key}={value}" for key, value in self.fields.items())
        return f"{self.at:.3f} {self.peer} {self.name} {words}".rstrip()


class EventLog:
    """The events of one participant."""

    def __init__(self, peer: str, tell: Callable[[Event], None] | None = None) -> None:
        """Start empty; `tell` is called with every event as it happens."""
        self.events: list[Event] = []
        self.peer = peer
        self._tell = tell
        self._news = asyncio.Condition()
        self._tasks: set[asyncio.Task[None]] = set()

    def add(self, name: str, **fields: object) -> Event:
        """Record that something happened now."""
        event = Event(time.monotonic(), self.peer, name, fields)
        self.events.append(event)
        if self._tell:
            self._tell(event)
        task = asyncio.ensure_future(self._wake())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return event

    def last(self, name: str) -> Event | None:
        """The latest event of this name."""
        return next((event for event in reversed(self.events) if event.name == name), None)

    async def wait_for(self, name: str, *, timeout: float = 15, since: int = 0, **fields: object) -> Event:
        """The first event of this name with these fields, from the `since`-th event on.

        Raises:
            TimeoutError: it did not come within `timeout` seconds; the message says what was seen last.
        """

        def seen() -> Event | None:
            return next((event for event in self.events[since:] if event.matches(name, fields)), None)

        try:
            async with asyncio.timeout(timeout), self._news:
                await self._news.wait_for(lambda: seen() is not None)
        except TimeoutError:
            wanted = " ".join([name, *(f"{key}={value}" for key, value in fields.items())])
            latest = "\n  ".join(str(event) for event in self.events[-SHOWN:]) or "nothing at all"
            raise TimeoutError(f"{self.peer}: no '{wanted}' within {timeout} s; last seen:\n  {latest}") from None
        found = seen()
        assert found is not None  # noqa: S101 - the condition held, and events are never removed
        return found

    async def _wake(self) -> None:
        async with self._news:
            self._news.notify_all()
