"""cloud-init itself judges the boot documents: by the schema that Debian's package ships."""

import copy
import json
from collections.abc import Mapping
from typing import Any

import pytest
import yaml
from jsonschema import Draft4Validator

from tests.conftest import skip_or_fail
from tests.debian import PackageError, cloud_init_package
from tests.unit.boot.golden import BUILDER, CASES

SCHEMA = "usr/lib/python3/dist-packages/cloudinit/config/schemas/schema-cloud-config-v1.json"


@pytest.fixture(scope="module")
def schema() -> Draft4Validator:
    """Debian's schema."""
    try:
        package = cloud_init_package()
    except PackageError as error:
        skip_or_fail(str(error))
    return Draft4Validator(json.loads((package / SCHEMA).read_text()))


def _complaints(schema: Draft4Validator, document: dict[str, Any]) -> list[str]:
    """The schema's, and keys that no module of cloud-init knows: at the top level the schema lets everything pass."""
    assert isinstance(schema.schema, Mapping)
    modules = [module for name, module in schema.schema["$defs"].items() if name.startswith("cc_")]
    known = {key for module in modules for key in module.get("properties", {})}
    unknown = [f"{key}: no module of cloud-init knows it" for key in document if key not in known]
    return unknown + [f"{'.'.join(map(str, e.path))}: {e.message[:200]}" for e in schema.iter_errors(document)]


@pytest.mark.parametrize("name", CASES)
def test_cloud_init_accepts_the_document(name: str, schema: Draft4Validator) -> None:
    """The first line makes it cloud-config; the rest is what cloud-init 22.4 knows."""
    text = CASES[name].text()
    assert text.startswith("#cloud-config\n")
    assert _complaints(schema, yaml.safe_load(text)) == []


def test_cloud_init_accepts_the_builders_document(schema: Draft4Validator) -> None:
    assert _complaints(schema, yaml.safe_load(BUILDER.text())) == []


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("write_file", []),
        ("runcmd", "multiparty-boot"),
        ("packages", "caddy"),
        ("write_files", [{"content": "no path"}]),
        ("apt", {"source": {}}),
    ],
)
def test_the_schema_would_notice(key: str, value: object, schema: Draft4Validator) -> None:
    """The same judge refuses a misspelt key and a value of the wrong shape."""
    document = copy.deepcopy(yaml.safe_load(CASES["gra-edge"].text()))
    assert _complaints(schema, {**document, key: value})
