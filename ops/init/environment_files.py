"""Pulumi.yaml and the stacks' files of one environment: read, changed as texts, judged, and written together."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from fleet.command_line import CommandError
from ops.drafts import draft
from ops.init import yaml_text
from settings import PROJECT
from settings.load import SettingsError

_PROJECT_FILE = ""


class Place(NamedTuple):
    """Where a value stands: the stack whose file it is, none for Pulumi.yaml; and the keys that lead to it."""

    stack: str
    keys: tuple[str, ...]

    def __str__(self) -> str:
        """As the settings' messages name it."""
        return ".".join(key.removeprefix(f"{PROJECT}:") for key in self.keys if key not in ("config", "value"))


@dataclass(frozen=True)
class EnvironmentFiles:
    """The texts of the files.

    Attributes:
        directory: where they are.
        texts: by stack; Pulumi.yaml's has no name.
    """

    directory: Path
    texts: Mapping[str, str]

    @property
    def stacks(self) -> tuple[str, ...]:
        """The stacks' names, the primary's first and the witness' last."""
        return tuple(name for name in self.texts if name != _PROJECT_FILE)

    @property
    def environment(self) -> str:
        """The environment's name, as the first stack says it."""
        return str(self.own(self.stacks[0], "environment"))

    def shared(self, *keys: str) -> Place:
        """Where a key of the environment stands."""
        return Place(_PROJECT_FILE, ("config", f"{PROJECT}:environments", "value", self.environment, *keys))

    def of_stack(self, stack: str, *keys: str) -> Place:
        """Where a key of a site stands."""
        return Place(stack, ("config", f"{PROJECT}:{keys[0]}", *keys[1:]))

    def value(self, *keys: str) -> Any:  # noqa: ANN401 - YAML
        """What the environment says; None where it says nothing."""
        return self.at(self.shared(*keys))

    def own(self, stack: str, *keys: str) -> Any:  # noqa: ANN401 - YAML
        """What a stack's file says."""
        return self.at(self.of_stack(stack, *keys))

    def at(self, path: Place) -> Any:  # noqa: ANN401 - YAML
        """What stands somewhere."""
        found: Any = self._parsed(path.stack)
        for key in path.keys:
            found = found.get(key) if isinstance(found, dict) else None
        return found

    def changed(self, changes: Iterable[tuple[Place, Any]]) -> "EnvironmentFiles":
        """The files with other values; a value of None is taken out. What says the same already stays as written."""
        texts = dict(self.texts)
        for path, value in changes:
            if self.at(path) == value:
                continue
            text = texts[path.stack]
            texts[path.stack] = (
                yaml_text.removed(text, path.keys) if value is None else yaml_text.written(text, path.keys, value)
            )
        return replace(self, texts=texts)

    def refusals(self) -> list[str]:
        """What the settings refuse, with secrets and image ids still to come; a line that several stacks have once."""
        found: dict[str, str] = {}
        project = self._parsed(_PROJECT_FILE)
        for stack in self.stacks:
            try:
                draft(project, self._parsed(stack), stack)
            except SettingsError as refused:
                for line in str(refused).splitlines():
                    found.setdefault(line.partition(": ")[2], line)
        return list(found.values())

    def differing(self, other: "EnvironmentFiles") -> Iterator[Path]:
        """The files that are not as another's are."""
        return (self._file(name) for name, text in self.texts.items() if text != other.texts[name])

    def write(self, before: "EnvironmentFiles") -> None:
        """Write those that have changed."""
        for name, text in self.texts.items():
            if text != before.texts[name]:
                self._file(name).write_text(text)

    def _parsed(self, name: str) -> dict[str, Any]:
        try:
            return yaml_text.parsed(self.texts[name])
        except CommandError as error:
            raise CommandError(f"{self._file(name)}: {error}") from error

    def _file(self, name: str) -> Path:
        return self.directory / _name(name)


def _name(stack: str) -> str:
    return f"Pulumi.{stack}.yaml" if stack else "Pulumi.yaml"


def read(directory: Path, stacks: Sequence[str]) -> EnvironmentFiles:
    """The files of an environment.

    Raises:
        CommandError: one is not there.
    """
    texts = {}
    for name in (_PROJECT_FILE, *stacks):
        file = directory / _name(name)
        try:
            texts[name] = file.read_text()
        except (OSError, UnicodeError) as error:
            raise CommandError(f"{file}: cannot be read: {error}") from error
    return EnvironmentFiles(directory, texts)
