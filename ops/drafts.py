"""Settings as the files have them before all of them are made: secrets and image ids have stand-ins."""

import json
from collections.abc import Collection, Mapping
from copy import deepcopy
from typing import Any

from settings import PROJECT
from settings.load import SECRET_KEYS, load_settings
from settings.secrets import STAND_INS
from settings.stack import Settings

# Of an image whose id nobody has looked up yet.
IMAGE_ID = "00000000-0000-0000-0000-000000000000"


def draft(
    project: Mapping[str, Any], own: Mapping[str, Any], stack: str, *, secrets: Collection[str] = SECRET_KEYS
) -> Settings:
    """The settings of a stack whose secrets and image ids may be missing.

    Args:
        project: what Pulumi.yaml says.
        own: what the stack's file says.
        stack: its name.
        secrets: those that it has, or will have without a person.

    Raises:
        SettingsError: one line for each mistake.
    """
    shared = project.get("config") or {}
    given = {key: entry["value"] for key, entry in shared.items() if isinstance(entry, dict) and "value" in entry}
    given |= own.get("config") or {}
    ours = {key.removeprefix(f"{PROJECT}:"): value for key, value in given.items() if key.startswith(f"{PROJECT}:")}
    values = deepcopy(ours)
    for image in (values.get("image"), *_mappings(values.get("images"))):
        if isinstance(image, dict) and not image.get("id"):
            image["id"] = IMAGE_ID
    texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in values.items()}
    encrypted = {key for key in SECRET_KEYS if not isinstance(values.get(key), str)}
    held = {key: STAND_INS[key] for key in secrets if key in encrypted}
    return load_settings(texts | held, stack=stack, encrypted=encrypted)


def _mappings(found: object) -> Collection[object]:
    return found.values() if isinstance(found, dict) else ()
