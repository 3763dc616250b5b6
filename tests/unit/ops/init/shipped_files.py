"""The shipped files in a directory of a test's own, `make init` on them, and what came of it."""

import json
from collections.abc import Mapping
from pathlib import Path

import yaml

from ops.init import command
from settings.load import load_settings
from settings.stack import Settings
from tests.configuration import DIGEST, IMAGE_ID, SECRETS

STACKS = ("gra", "sbg", "witness")
FILES = ("Pulumi.yaml", *(f"Pulumi.{stack}.yaml" for stack in STACKS))
IMAGE = f"registry.organisation.fr/meeting@{DIGEST}"
GIVEN = {"domain": "meeting.organisation.fr", "mail": "admin@organisation.fr", "image": IMAGE}


def init(directory: Path, **options: str | bool) -> int:
    return command.main(directory=directory, **options)  # type: ignore[arg-type] # what the command line gives


def texts(directory: Path) -> dict[str, str]:
    return {name: (directory / name).read_text() for name in FILES}


def loaded(directory: Path, stack: str) -> Settings:
    """As `pulumi up` has them, once secrets and image ids are there."""
    shared = yaml.safe_load((directory / "Pulumi.yaml").read_text())["config"]
    config = {key: entry["value"] for key, entry in shared.items()}
    config |= yaml.safe_load((directory / f"Pulumi.{stack}.yaml").read_text())["config"]
    values = {key.removeprefix("multiparty-meeting:"): value for key, value in config.items()}
    values["image"]["id"] = values["image"].get("id", IMAGE_ID)
    as_text = {key: value if isinstance(value, str) else json.dumps(value) for key, value in values.items()}
    return load_settings(as_text | SECRETS, stack=stack, encrypted=SECRETS)


def changed_lines(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    return [
        line.strip()
        for name, text in after.items()
        for line in text.splitlines()
        if line not in before[name].splitlines()
    ]
