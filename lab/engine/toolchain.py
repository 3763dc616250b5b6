"""The Go toolchain: is it there, is it new enough, and one way to build a program with it."""

import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from fleet.command_line import CommandError
from fleet.progress import phase
from lab.cache import built

SELF_UPGRADING = (1, 21, 0)
"""From this version on, Go fetches a newer toolchain as a module when it is asked for one."""


class EngineError(CommandError):
    """Something the engine needs is missing or failed; the message says what to do."""


@dataclass(frozen=True)
class Go:
    """A Go command that can build what asks for `required`."""

    path: Path
    version: str
    environment: dict[str, str]


def find(required: str) -> Go:
    """The Go on the PATH.

    Args:
        required: the version in the program's go.mod, as `1.25.11`.

    Raises:
        EngineError: Go is missing, or too old and unable to upgrade itself.
    """
    path = shutil.which("go")
    if path is None:
        raise EngineError(_advice(required, "there is no `go` on the PATH"))
    said = subprocess.run([path, "version"], capture_output=True, text=True, check=True, cwd="/").stdout
    match = re.search(r"\bgo(\d+(?:\.\d+)+)", said)
    if match is None:
        raise EngineError(_advice(required, f"{path} calls itself {said.strip()!r}"))
    version = match[1]
    environment = os.environ | {"CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly", "GOWORK": "off"}
    if _numbers(version) >= _numbers(required):
        return Go(Path(path), version, environment)
    if _numbers(version) >= SELF_UPGRADING:
        environment["GOTOOLCHAIN"] = f"go{required}"
        return Go(Path(path), f"go{required}", environment)
    try:
        return Go(_fetched(Path(path), required) / "bin" / "go", required, environment)
    except subprocess.CalledProcessError as failed:
        found = f"{path} is {version}, and fetching a newer one failed: {failed.stderr.strip()[-300:]}"
        raise EngineError(_advice(required, found)) from failed


def _fetched(old: Path, version: str) -> Path:
    """A newer Go, fetched as a module by one too old to do so by itself (Debian 12 has 1.19); kept in the cache."""

    def fetch(work: Path) -> None:
        (work / "go.mod").write_text("module fetch\n")
        module = f"golang.org/toolchain@v0.0.1-go{version}.linux-amd64"
        done = subprocess.run(
            [old, "mod", "download", "-json", module],
            cwd=work,
            env=os.environ | {"GOFLAGS": "-mod=mod", "GOWORK": "off"},
            capture_output=True,
            text=True,
            check=True,
        )
        shutil.copytree(json.loads(done.stdout)["Dir"], work / "go")
        # A module's files are read-only and none is executable; a toolchain's programs are to be.
        for file in (work / "go").rglob("*"):
            program = file.parent.name == "bin" or file.parent.parent.name == "tool"
            file.chmod(0o755 if program or file.is_dir() else 0o644)

    with phase(f"fetch Go {version}", usually="about 20 s"):
        return built("go-toolchain", version, fetch) / "go"


def required_version(module: Path) -> str:
    """The Go version that a module directory's go.mod asks for."""
    match = re.search(r"^go (\S+)$", (module / "go.mod").read_text(), re.MULTILINE)
    if match is None:
        raise EngineError(f"{module / 'go.mod'} names no Go version")
    return match[1]


def run(go: Go, arguments: list[str], *, module: Path, log: Path) -> str:
    """Run `go` in a module directory and return its standard output; what it says goes to the log.

    Raises:
        EngineError: it failed; with the end of the log.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a") as sink:
        done = subprocess.run(
            [go.path, *arguments],
            cwd=module,
            env=go.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=sink,
            text=True,
            check=False,
        )
    if done.returncode != 0:
        tail = "\n".join(log.read_text().splitlines()[-15:])
        raise EngineError(f"`go {arguments[0]}` failed in {module}:\n{tail}")
    return done.stdout


def _numbers(version: str) -> tuple[int, ...]:
    parts = [int(number) for number in version.split(".")]
    return tuple(parts + [0] * (3 - len(parts)))


def _advice(required: str, found: str) -> str:
    return (
        f"building the Pulumi engine needs Go {required} or newer, but {found}. "
        "Install Go (https://go.dev/doc/install), or the official Pulumi CLI "
        "(https://www.pulumi.com/docs/install/), with which nothing is built."
    )
