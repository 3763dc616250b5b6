"""The stacks of an environment: their files, and their configuration through the Pulumi CLI."""

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from fleet.command_line import CommandError
from fleet.pulumi import command
from settings import PROJECT
from settings.load import SECRET_KEYS


class StackError(CommandError):
    """The Pulumi CLI refused; the message is its own."""


@dataclass(frozen=True)
class Stack:
    """One stack and its configuration file, beside its Pulumi.yaml."""

    name: str
    file: Path

    def raw(self) -> dict[str, Any]:
        """The file's configuration without the namespace; encrypted values as Pulumi writes them."""
        return {str(key).removeprefix(f"{PROJECT}:"): value for key, value in _config(self.file).items()}

    @property
    def site(self) -> str:
        """The site that it is.

        Raises:
            StackError: the file does not say.
        """
        named = self.raw().get("site")
        if not isinstance(named, str):
            raise StackError(f"{self.file}: {PROJECT}:site: must be a site's name, such as gra")
        return named

    def environment(self) -> dict[str, Any]:
        """What Pulumi.yaml, or in its place the stack's own file, says of the stack's environment.

        Raises:
            StackError: it says nothing of it.
        """
        written = _config(self.file.parent / "Pulumi.yaml").get(f"{PROJECT}:environments")
        shared = written.get("value") if isinstance(written, dict) else None
        environments = self.raw().get("environments") or shared or {}
        name = self.raw().get("environment")
        if not isinstance(environments, dict) or not isinstance(environments.get(str(name)), dict):
            known = ", ".join(sorted(map(str, environments))) or "none"
            raise StackError(f"stack {self.name}: environment = {name!r}: must be one of those in Pulumi.yaml: {known}")
        found: dict[str, Any] = environments[str(name)]
        return found

    def secrets(self) -> dict[str, str]:
        """The decrypted secrets that the stack has.

        Raises:
            StackError: the passphrase is wrong or missing.
        """
        if not any(is_encrypted(self.raw().get(key)) for key in SECRET_KEYS):
            return {}
        shown = json.loads(self.pulumi("config", "--show-secrets", "--json"))
        values = {key.removeprefix(f"{PROJECT}:"): entry["value"] for key, entry in shown.items()}
        return {key: values[key] for key in SECRET_KEYS & values.keys()}

    def deployed_secrets(self) -> dict[str, str]:
        """The fingerprints of the secrets that the servers have taken; empty before that, or from an older version."""
        shown = json.loads(self.pulumi("stack", "output", "--show-secrets", "--json"))
        found: dict[str, str] = shown.get("secrets") or {}
        return found

    def set_secret(self, key: str, value: str) -> None:
        """Store a value encrypted; it travels through standard input, never through the process list."""
        self.pulumi("config", "set", "--secret", f"{PROJECT}:{key}", stdin=value)

    def remove(self, key: str) -> None:
        """Take a key out."""
        self.pulumi("config", "rm", f"{PROJECT}:{key}")

    def set_path(self, path: str, value: str) -> None:
        """Store a value inside an object, such as image.id."""
        self.pulumi("config", "set", "--path", f"{PROJECT}:{path}", value)

    def set_paths(self, values: Mapping[str, str]) -> None:
        """Store values inside objects, all of them or none."""
        pairs = [word for path, value in values.items() for word in ("--plaintext", f"{PROJECT}:{path}={value}")]
        self.pulumi("config", "set-all", "--path", *pairs)

    def remove_path(self, path: str) -> None:
        """Take a key out of an object."""
        self.pulumi("config", "rm", "--path", f"{PROJECT}:{path}")

    def pulumi(self, *args: str, stdin: str | None = None, seconds: float | None = None) -> str:
        """Run the CLI on this stack.

        Args:
            args: the command and its options.
            stdin: what it reads.
            seconds: for it; none: as long as it takes.

        Raises:
            StackError: with the CLI's own words.
        """
        line = command(*args, stack=self.name, directory=self.file.parent)
        what = f"stack {self.name}: pulumi {' '.join(args[:3])}"
        try:
            done = subprocess.run(line, input=stdin, capture_output=True, text=True, check=False, timeout=seconds)
        except FileNotFoundError as error:
            raise StackError(f"{what}: {error.filename}: {error.strerror}: is Pulumi installed?") from error
        except subprocess.TimeoutExpired as late:
            raise StackError(
                f"{what}: no answer in {late.timeout:.0f} s: is the backend of the states there?"
            ) from late
        if done.returncode:
            raise StackError(f"{what}: {(done.stderr or done.stdout).strip()}")
        return done.stdout


def _config(file: Path) -> dict[str, Any]:
    """What a file of Pulumi's configures.

    Raises:
        StackError: it cannot be read, is no YAML, or holds something else.
    """
    try:
        read = yaml.safe_load(file.read_text()) or {}
    except OSError as error:
        raise StackError(f"{file}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise StackError(f"{file}: is no text in UTF-8") from error
    except yaml.YAMLError as error:
        raise StackError(f"{file}: is no YAML: {' '.join(str(error).split())}") from error
    config = (read.get("config") or {}) if isinstance(read, dict) else None
    if not isinstance(config, dict):
        raise StackError(f"{file}: config: must hold keys, such as {PROJECT}:site")
    return config


def write_derived(path: Path, source: Mapping[str, Any], facts: Mapping[str, Any]) -> None:
    """Write a stack's file as another's with some facts changed.

    What the file holds encrypted stays, and its salt; what the source holds encrypted is for the source's own stack.

    Args:
        path: the file, which need not be there.
        source: the other file's `config`.
        facts: by key without the namespace; they take the place of the source's.
    """
    before = (yaml.safe_load(path.read_text()) or {}) if path.exists() else {}
    taken = {key: value for key, value in source.items() if not is_encrypted(value)}
    kept = {key: value for key, value in (before.get("config") or {}).items() if is_encrypted(value)}
    dump(path, {**before, "config": taken | {f"{PROJECT}:{key}": value for key, value in facts.items()} | kept})


def is_encrypted(value: object) -> bool:
    """Whether a value of a stack's file is encrypted."""
    return isinstance(value, dict) and "secure" in value


def dump(path: Path, content: Mapping[str, Any]) -> None:
    """Write YAML in the order of its keys."""
    path.write_text(yaml.safe_dump(dict(content), sort_keys=False, allow_unicode=True))


def stacks(names: Sequence[str], directory: Path) -> list[Stack]:
    """The named stacks, whose files are `Pulumi.<name>.yaml` in `directory`.

    Raises:
        StackError: a file is not there.
    """
    found = [Stack(name, directory / f"Pulumi.{name}.yaml") for name in names]
    missing = [str(stack.file) for stack in found if not stack.file.exists()]
    if missing:
        there = (file.name.removeprefix("Pulumi.").removesuffix(".yaml") for file in directory.glob("Pulumi.*.yaml"))
        known = ", ".join(sorted(there)) or "none"
        raise StackError(f"no such stack file: {', '.join(missing)}; the stacks with one: {known}")
    return found
