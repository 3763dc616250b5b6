"""The environment that test environments are made from, and the places of theirs: one stack of a site each."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError

from fleet.stacks import Stack, StackError, stacks
from settings import PROJECT
from settings.types import EnvironmentName

_NAME = TypeAdapter[str](EnvironmentName)


@dataclass(frozen=True)
class Place:
    """One site of a test environment."""

    environment: str
    site: str
    region: str

    @property
    def stack(self) -> str:
        """The stack's name, which ends with the site's: a site finds its peers by that."""
        return f"{self.environment}-{self.site}"


@dataclass(frozen=True)
class Base:
    """The stacks whose settings a test environment takes over: production's, or the lab's."""

    directory: Path
    stacks: tuple[Stack, ...]

    @classmethod
    def of(cls, names: list[str], directory: Path) -> "Base":
        """The base of these stacks.

        Raises:
            StackError: one has no file.
        """
        return cls(directory, tuple(stacks(names, directory)))

    @cached_property
    def environment(self) -> dict[str, Any]:
        """The settings that its sites share."""
        return self.stacks[0].environment()

    @cached_property
    def regions(self) -> dict[str, str]:
        """Each site's region."""
        return {stack.raw()["site"]: stack.raw()["region"] for stack in self.stacks}

    @cached_property
    def written(self) -> dict[str, dict[str, Any]]:
        """The environments that people wrote down, the base's own first; none is made or taken down here."""
        project = yaml.safe_load((self.directory / "Pulumi.yaml").read_text()) or {}
        found: dict[str, dict[str, Any]] = project.get("config", {}).get(f"{PROJECT}:environments", {}).get("value", {})
        return {stack.raw()["environment"]: stack.environment() for stack in self.stacks} | found

    def places(self, name: str) -> list[Place]:
        """The sites of an environment.

        Raises:
            StackError: it cannot have that name; with what to do.
        """
        try:
            _NAME.validate_python(name)
        except ValidationError as refused:
            raise StackError(f"NAME = {name!r}: {refused.errors()[0]['msg']}") from None
        if name in self.written:
            kind = self.written[name].get("kind")
            raise StackError(
                f"NAME = {name!r}: is the {kind} environment of that name in Pulumi.yaml, which is neither made nor "
                "taken down here: take another name, such as pr-42; the README says how to destroy that one"
            )
        return [Place(name, site, region) for site, region in self.regions.items()]

    def place(self, stack: str) -> Place | None:
        """The place whose stack has this name; None when that is of the base, or of no environment at all."""
        if stack in {one.name for one in self.stacks}:
            return None
        for site, region in self.regions.items():
            name = stack.removesuffix(f"-{site}")
            if name != stack and name not in self.written:
                return Place(name, site, region)
        return None

    def file(self, place: Place) -> Stack:
        """The stack of a place; its file need not be there."""
        return Stack(place.stack, self.directory / f"Pulumi.{place.stack}.yaml")

    def settings_of(self, place: Place) -> Mapping[str, Any] | None:
        """What the place's file says of its environment, if anything; None without a file, or when that is empty."""
        stack = self.file(place)
        if not stack.file.exists() or not (raw := stack.raw()):
            return None  # the engine leaves a file with nothing but a salt
        return dict((raw.get("environments") or {}).get(place.environment) or {})

    def files(self) -> list[Place]:
        """The places that have a file here."""
        names = sorted(path.name for path in self.directory.glob("Pulumi.*-*.yaml"))
        found = [self.place(name.removeprefix("Pulumi.").removesuffix(".yaml")) for name in names]
        return [place for place in found if place]
