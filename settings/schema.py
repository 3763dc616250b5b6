"""The configuration as a JSON schema, for editors: of Pulumi.yaml and of each Pulumi.<stack>.yaml."""

import json
from typing import Any

from settings import PROJECT
from settings.keys import GIVEN_BY_LOADER
from settings.secrets import Secrets
from settings.stack import Settings

_DIALECT = "http://json-schema.org/draft-07/schema#"  # what YAML's language server reads
_ENCRYPTED = {"type": "object", "properties": {"secure": {"type": "string"}}, "required": ["secure"]}


def schema() -> dict[str, Any]:
    """The schema; of Pulumi's own keys it says nothing."""
    made = Settings.model_json_schema(ref_template="#/definitions/{model}")
    definitions = made.pop("$defs")
    definitions.pop(Secrets.__name__)
    ours = {name: value for name, value in made["properties"].items() if name not in GIVEN_BY_LOADER}
    config = {f"{PROJECT}:{name}": _written(value) for name, value in ours.items()}
    config |= {
        f"{PROJECT}:{name}": {"description": field.description, **_ENCRYPTED}
        for name, field in Secrets.model_fields.items()
    }
    return {
        "$schema": _DIALECT,
        "title": f"Settings of {PROJECT}",
        "type": "object",
        "properties": {
            "config": {
                "type": "object",
                "properties": config,
                # Other plugins' keys have a namespace of their own.
                "patternProperties": {f"^(?!{PROJECT}:)": {}},
                "additionalProperties": False,
            }
        },
        "definitions": definitions,
    }


def schema_text() -> str:
    """The schema as the file has it."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def _written(value: dict[str, Any]) -> dict[str, Any]:
    """As a stack's file has it, or Pulumi.yaml, below `value`; numbers also as `pulumi config set` writes them."""
    forms: list[dict[str, Any]] = [value, {"type": "object", "properties": {"value": value}, "required": ["value"]}]
    if value.get("type") == "integer":
        forms.append({"type": "string", "pattern": "^[0-9]+$"})
    return {"description": value.get("description", ""), "anyOf": forms}
