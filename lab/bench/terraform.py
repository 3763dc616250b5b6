"""The same resources in Terraform, from a deployed stack: same provider release, same cloud, same dependencies."""

import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lab.engine import gotools

PROVIDER = "bench.invalid/lab/openstack"  # found in a mirror on disk: any address will do
VERSION = "3.4.0"

TYPES = {
    "openstack:compute/instance:Instance": "openstack_compute_instance_v2",
    "openstack:compute/serverGroup:ServerGroup": "openstack_compute_servergroup_v2",
    "openstack:networking/floatingIp:FloatingIp": "openstack_networking_floatingip_v2",
    "openstack:networking/floatingIpAssociate:FloatingIpAssociate": "openstack_networking_floatingip_associate_v2",
    "openstack:networking/network:Network": "openstack_networking_network_v2",
    "openstack:networking/port:Port": "openstack_networking_port_v2",
    "openstack:networking/router:Router": "openstack_networking_router_v2",
    "openstack:networking/routerInterface:RouterInterface": "openstack_networking_router_interface_v2",
    "openstack:networking/secGroup:SecGroup": "openstack_networking_secgroup_v2",
    "openstack:networking/secGroupRule:SecGroupRule": "openstack_networking_secgroup_rule_v2",
    "openstack:networking/subnet:Subnet": "openstack_networking_subnet_v2",
}
# Pulumi makes lists plural; Terraform's blocks are singular.
# Pulumi makes a list of at most one item that item: the provider of server groups allows one policy.
LISTS = ("policies",)
SINGULAR = {"allocation_pools": "allocation_pool", "fixed_ips": "fixed_ip", "networks": "network"}


def write(state: Mapping[str, Any], directory: Path) -> int:
    """Write the configuration of a deployed stack's OpenStack resources.

    Args:
        state: what `pulumi stack export --show-secrets` printed.
        directory: where to; it gets main.tf.json and the provider's mirror.

    Returns:
        How many resources there are.
    """
    resources = [r for r in state["deployment"]["resources"] if r["type"] in TYPES]
    addresses = {r["urn"]: f"{TYPES[r['type']]}.{_label(r['urn'])}" for r in resources}
    # An association has its floating IP's id, an interface its port's: they name no resource of their own.
    named = [r for r in resources if "ssociate:" not in r["type"] and "Interface:" not in r["type"]]
    references = {r["id"]: f"${{{addresses[r['urn']]}.id}}" for r in named}
    references |= {
        r["outputs"]["address"]: f"${{{addresses[r['urn']]}.address}}" for r in resources if "floatingIp:" in r["type"]
    }
    written: dict[str, dict[str, Any]] = {}
    for resource in resources:
        body = _convert({k: v for k, v in resource["inputs"].items() if k != "__defaults"}, references)
        after = [addresses[urn] for urn in resource.get("dependencies", []) if urn in addresses]
        if after:
            body["depends_on"] = after
        written.setdefault(TYPES[resource["type"]], {})[_label(resource["urn"])] = body
    _mirror(directory)
    region = resources[0]["outputs"]["region"]
    configuration = {
        "terraform": {"required_providers": {"openstack": {"source": PROVIDER, "version": VERSION}}},
        "provider": {"openstack": {"region": region, "max_retries": 10}},
        "resource": written,
    }
    (directory / "main.tf.json").write_text(json.dumps(configuration, indent=2))
    return len(resources)


def binary() -> str:
    """The terraform on the PATH, else OpenTofu, built from its modules.

    Raises:
        EngineError: the build failed.
    """
    return shutil.which("terraform") or str(gotools.build("tofu"))


def _mirror(directory: Path) -> None:
    """The provider in a file system mirror: nothing is fetched."""
    target = directory / "mirror" / PROVIDER / VERSION / "linux_amd64"
    target.mkdir(parents=True, exist_ok=True)
    provider = target / f"terraform-provider-openstack_v{VERSION}"
    if not provider.exists():
        shutil.copy(gotools.build("terraform-provider-openstack"), provider)
    (directory / "terraformrc").write_text(
        f'provider_installation {{\n  filesystem_mirror {{\n    path = "{directory}/mirror"\n  }}\n}}\n'
    )


def environment(directory: Path, base: Mapping[str, str]) -> dict[str, str]:
    """The environment that the binary runs in."""
    return {**base, "TF_CLI_CONFIG_FILE": str(directory / "terraformrc"), "TF_IN_AUTOMATION": "1"}


def initialise(directory: Path, base: Mapping[str, str]) -> None:
    """`terraform init`."""
    done = subprocess.run(
        [binary(), f"-chdir={directory}", "init", "-no-color"],
        env=environment(directory, base),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"terraform init: {done.stdout[-2000:]}{done.stderr[-2000:]}")


def _label(urn: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]", "_", urn.rsplit("::", 1)[1])


def _convert(value: Any, references: Mapping[str, str], key: str = "") -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, dict):
        if "plaintext" in value:
            return _convert(json.loads(value["plaintext"]), references)
        # Keys of maps are data; keys of objects are Pulumi's names.
        rename = key not in ("metadata", "value_specs")
        converted = {_snake(k) if rename else k: v for k, v in value.items() if k != "__defaults"}
        return {SINGULAR.get(k, k) if rename else k: _convert(v, references, k) for k, v in converted.items()}
    if isinstance(value, list):
        return [_convert(item, references) for item in value]
    if isinstance(value, str):
        # Terraform would read ${ and %{ in boot documents as its own.
        text = references.get(value) or value.replace("${", "$${").replace("%{", "%%{")
        return [text] if key in LISTS else text
    return value


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
