"""A server's disk as its boot document would leave it, below a directory."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from tests.conftest import skip_or_fail
from tests.unit.boot.golden import CASES


def files(name: str) -> dict[str, str]:
    """The files of a golden case's boot document, by path."""
    document: dict[str, Any] = yaml.safe_load(CASES[name].text())
    return {file["path"]: file["content"] for file in document["write_files"]}


def write(name: str, root: Path) -> None:
    """Lay a golden case's files out below `root`, with their modes."""
    document: dict[str, Any] = yaml.safe_load(CASES[name].text())
    for file in document["write_files"]:
        path = root / file["path"].lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(file["content"])
        path.chmod(int(file["permissions"], 8))


def pushed(name: str) -> dict[str, str]:
    """The files that the daemons of a golden case's server take as bundles, by path."""
    bundles = CASES[name].bundles()
    return {f"{bundle.directory}/{file}": text for bundle in bundles for file, text in bundle.files.items()}


def scripts() -> Iterator[tuple[str, str]]:
    """Every shell script of every golden case, once: its name and its text."""
    seen: dict[str, str] = {}
    for name in CASES:
        for path, content in files(name).items():
            if content.startswith("#!/bin/sh"):
                assert seen.setdefault(path, content) == content, f"{path} differs between documents"
    yield from sorted(seen.items())


def program(name: str, package: str) -> str:
    """The path of a program that a test needs; without it the test is skipped, aloud, or fails in CI."""
    return shutil.which(name) or skip_or_fail(f"{name} is not installed: apt-get install {package}")
