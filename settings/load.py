"""From Pulumi's flat configuration to `Settings`, with every mistake named at once."""

import difflib
import json
from collections.abc import Collection, Mapping
from itertools import product
from typing import Any

from pydantic import SecretStr, ValidationError
from pydantic_core import ErrorDetails

from settings.keys import GIVEN_BY_LOADER
from settings.missing import missing
from settings.removed import removed
from settings.secrets import Secrets
from settings.section import Section
from settings.stack import Settings
from settings.types import PRIVATE_KEY

SECRET_KEYS = frozenset(Secrets.model_fields)
# Which member of a union pydantic looked at stands in its path, and nowhere in the configuration.
_UNION_TAGS = {
    *product(("delivery",), ("container", "archive")),
    *product(("backbone",), ("vrack", "provider")),
    *product(("redis",), ("sentinel", "cluster")),
    *product(("certificate",), ("acme", "provided")),
}
# In the operator's words; pydantic's name the types of its own.
_KINDS = {
    "int_type": "must be a whole number, without quotes and without a leading zero",
    "bool_type": "must be true or false, without quotes",
    "string_type": "must be text: put it in quotes",
    "tuple_type": "must be a list, as [a, b]",
    "dict_type": "must hold keys, as {{a: 1}}",
    "model_type": "must hold keys, as {{a: 1}}",
    "model_attributes_type": "must hold keys, as {{a: 1}}",
    "too_short": "must name {min_length} or more",
    "too_long": "must name {max_length} or fewer",
    "union_tag_not_found": "must say its kind: {discriminator} is missing",
}
# Beside the key of a mapping that is refused itself.
_KEY = "[key]"
_TEXT_KEYS = {"environment", "site", "region", "external_network", "public_address", "gateway"}


class SettingsError(Exception):
    """The configuration is refused; the message has one line for each mistake."""


def load_settings(
    values: Mapping[str, str], *, stack: str, encrypted: Collection[str] = (), os_region_name: str | None = None
) -> Settings:
    """Check a stack's configuration.

    Args:
        values: the project's configuration of one stack, without its namespace; objects as JSON text.
        stack: the stack's name, for messages.
        encrypted: the keys that the stack's configuration holds encrypted.
        os_region_name: OS_REGION_NAME of the environment, which the provider would take.

    Raises:
        SettingsError: one line for each mistake: stack, key, value and what is allowed.
    """
    raw: dict[str, Any] = {"stack": stack, "os_region_name": os_region_name}
    secrets = {key: SecretStr(text) for key, text in values.items() if key in SECRET_KEYS and text.strip()}
    raw |= {key: _plain(key, text) for key, text in values.items() if key not in SECRET_KEYS | GIVEN_BY_LOADER}
    problems = [f"{key}: unknown key" for key in sorted(GIVEN_BY_LOADER & values.keys())]
    problems += [
        f"{key}: is in clear; encrypt it: pulumi config set --secret {key} --stack {stack}"
        for key in sorted(secrets.keys() - set(encrypted))
    ]
    try:
        settings = Settings.model_validate({**raw, "secrets": secrets})
    except ValidationError as refused:
        errors = refused.errors(include_url=False)
        # What is refused inside of a list counts as missing from it.
        within = {error["loc"][:depth] for error in errors for depth in range(len(error["loc"]))}
        problems += [_describe(error) for error in errors if error["type"] != "too_short" or error["loc"] not in within]
    if problems:
        raise SettingsError("\n".join(f"stack {stack}: {problem}" for problem in problems))
    return settings


def _plain(key: str, text: str) -> object:
    """Pulumi hands objects, numbers and booleans over as JSON text."""
    if key in _TEXT_KEYS:
        return text
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def _describe(error: ErrorDetails) -> str:
    loc = [str(part) for part in error["loc"] if part != _KEY]
    path = [part for before, part in zip(["", *loc], loc, strict=False) if (before, part) not in _UNION_TAGS]
    if path[:1] == ["secrets"]:
        path = path[1:]
        if error["type"] == "missing":
            return f"{path[0]}: is missing; `make secrets` makes it for all stacks"
        return f"{'.'.join(path)}: {error['msg']}"
    key = ".".join(path)
    if error["type"] == "extra_forbidden":
        return f"{key}: {removed(path) or f'unknown key{_nearest(path[-1])}'}"
    if error["type"] == "missing":
        return f"{key}: {missing(path)}"
    value = error["input"]
    hidden = value is None or isinstance(value, (dict, Section)) or error["type"] == "credentials"
    given = "" if hidden or PRIVATE_KEY in str(value) else f" = {value!r}"
    said = _KINDS.get(error["type"], "").format(**error.get("ctx", {}))
    return f"{key}{given}: {said or error['msg']}"


def _nearest(key: str) -> str:
    known = {name for section in _sections(Section) for name in section.model_fields} - GIVEN_BY_LOADER
    if key in known:
        return " here"
    near = difflib.get_close_matches(key, sorted(known | SECRET_KEYS), n=1)
    return f"; did you mean {near[0]}?" if near else ""


def _sections(base: type[Section]) -> list[type[Section]]:
    return [section for child in base.__subclasses__() for section in (child, *_sections(child))]
