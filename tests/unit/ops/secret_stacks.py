"""Stacks that hold secrets, without the CLI."""

from dataclasses import dataclass, field
from typing import cast

from fleet.stacks import Stack
from ops.secrets import spread


@dataclass
class FakeStack:
    """A stack without the CLI: its secrets are a dictionary, and its writes are counted."""

    name: str
    held: dict[str, str] = field(default_factory=dict)
    writes: int = 0

    def secrets(self) -> dict[str, str]:
        return dict(self.held)

    def set_secret(self, key: str, value: str) -> None:
        self.held[key] = value
        self.writes += 1

    def remove(self, key: str) -> None:
        del self.held[key]
        self.writes += 1


def new_stacks() -> list[FakeStack]:
    """Three that hold nothing yet."""
    return [FakeStack(name) for name in ("gra", "sbg", "witness")]


def after_the_first_run() -> list[FakeStack]:
    """Three that hold the same."""
    stacks = new_stacks()
    spread_all(stacks)
    for stack in stacks:
        stack.writes = 0
    return stacks


def spread_all(fleet: list[FakeStack], *rotate: str, at_once: bool = False) -> dict[str, list[str]]:
    """The keys that were written or removed, by stack."""
    done = spread(cast("list[Stack]", fleet), frozenset(rotate), at_once=at_once)
    return {name: list(keys) for name, keys in done.items()}
