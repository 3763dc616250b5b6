"""The OpenStack plugin's names against the Python SDK's: one of them wrong is a setting that silently does nothing."""

import importlib
import json
import subprocess
from typing import Any, get_args

import pulumi_openstack
import pytest
from pulumi import _types

from lab.engine import gotools

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def plugin_names() -> dict[str, set[str]]:
    """What the plugin says: property names, nested ones with a dotted path, by token."""
    binary = gotools.build("pulumi-resource-openstack")
    said: dict[str, list[str]] = json.loads(subprocess.run([binary, "-names"], capture_output=True, check=True).stdout)
    return {token: set(names) for token, names in said.items()}


def test_every_property_has_the_sdks_name(plugin_names: dict[str, set[str]]) -> None:
    """For every resource and function mapped; a function's `id` is the bridge's own and in no Terraform schema."""
    differing = {}
    for token, names in plugin_names.items():
        if token == "config":
            continue
        _, module, member = token.split(":")
        is_function = member.startswith("get")
        package = importlib.import_module(f"pulumi_openstack.{module.partition('/')[0]}")
        known = _names(getattr(package, f"G{member[1:]}Result" if is_function else member))
        if is_function:
            known.discard("id")
        if known != names:
            differing[token] = {"only the SDK": known - names, "only the plugin": names - known}
    assert len(plugin_names) >= 20
    assert differing == {}


def test_every_provider_setting_has_the_sdks_name(plugin_names: dict[str, set[str]]) -> None:
    """The provider's settings, `maxRetries` among them."""
    known = set(_types.input_type_py_to_pulumi_names(pulumi_openstack.provider.ProviderArgs).values())
    assert plugin_names["config"] == known
    assert "maxRetries" in known


def _names(cls: type, path: str = "") -> set[str]:
    read = _types.output_type_types if _types.is_output_type(cls) else _types.resource_types
    found = set()
    for name, annotation in read(cls).items():
        found.add(path + name)
        unwrapped: Any = _types.unwrap_type(annotation)
        for inner in (unwrapped, *get_args(unwrapped)):
            if isinstance(inner, type) and _types.is_output_type(inner):
                found |= _names(inner, f"{path}{name}.")
    return found
