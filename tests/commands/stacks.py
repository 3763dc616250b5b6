"""The stacks of three deployed sites: their files, and what the Pulumi CLI says of them."""

import json
from pathlib import Path
from typing import Any

import yaml

from fleet.preview.preview import SECRET
from settings import PROJECT
from settings.environment import Environment
from tests.configuration import IMAGE_ID, OPERATOR_KEY, ROOT, SECRETS, production, values

SITES = {"gra": "GRA11", "sbg": "SBG7", "witness": "DE1"}
ROLES = {"gra": ("edge", "meeting", "redis"), "sbg": ("edge", "meeting", "redis"), "witness": ("witness",)}
# A name that resolvers have everywhere, and two addresses of this machine.
DOMAIN = "localhost"
PUBLIC = {
    "gra-edge": "127.0.0.1",
    "gra-meeting": "127.0.0.2",
    "sbg-edge": "127.0.0.3",
    "sbg-meeting": "127.0.0.4",
    "witness-witness": "127.0.0.5",
}
_OFFSETS = {"edge": 4, "redis": 5, "witness": 6, "meeting": 64}


def server(site: str, role: str) -> str:
    """A server's name."""
    return f"production-{site}-{role}-1"


def write_stacks(directory: Path, *, dns: bool) -> None:
    """Their files, and in `backend` what the CLI says of each."""
    kept = directory / "backend"
    kept.mkdir()
    environment = production()
    changes: dict[str, Any] = {"operators": {"cidrs": ["198.51.100.0/24"], "ssh_public_key": OPERATOR_KEY}}
    if dns:
        changes["dns"] = {"zone": "ha.organisation.fr"}
    environment |= changes
    Environment.model_validate(environment)
    shared = {
        "name": PROJECT,
        "runtime": "python",
        "config": {f"{PROJECT}:environments": {"value": {"production": environment}}},
    }
    (directory / "Pulumi.yaml").write_text(yaml.safe_dump(shared))
    for site, region in SITES.items():
        file = yaml.safe_load((ROOT / f"Pulumi.{site}.yaml").read_text())
        file["config"][f"{PROJECT}:image"]["id"] = IMAGE_ID
        file["config"] |= {f"{PROJECT}:{key}": {"secure": "v1:x"} for key in SECRETS}
        (directory / f"Pulumi.{site}.yaml").write_text(yaml.safe_dump(file))
        servers = {
            server(site, role): {
                "id": f"id-{site}-{role}",
                "role": role,
                "public_address": PUBLIC.get(f"{site}-{role}"),
                "backbone_address": f"10.17.{list(SITES).index(site)}.{_OFFSETS[role]}",
                "host_key": "ssh-ed25519 KEY",
            }
            for role in ROLES[site]
        }
        outputs: dict[str, Any] = {"environment": "production", "site": site, "region": region, "servers": servers}
        if site != "witness":
            outputs["domain"] = DOMAIN
        if dns:
            outputs |= {"zone": "ha.organisation.fr", "zone_names": [DOMAIN]}
        (kept / f"{site}.outputs").write_text(json.dumps(outputs))
        (kept / f"{site}.secrets").write_text(json.dumps({f"{PROJECT}:{k}": {"value": v} for k, v in SECRETS.items()}))
        given = values(site, {f"env.{key}": value for key, value in changes.items()})
        shown = {f"{PROJECT}:{key}": SECRET if key in SECRETS else value for key, value in given.items()}
        (kept / f"{site}.preview").write_text(json.dumps({**_preview(site, outputs), "config": shown}))
        (kept / f"{site}.refresh").write_text(json.dumps(_preview(site, outputs)))
        state: list[dict[str, Any]] = [
            {"type": "openstack:compute/instance:Instance", "id": one["id"], "urn": name, "inputs": {}}
            for name, one in servers.items()
        ]
        (kept / f"{site}.state").write_text(json.dumps({"deployment": {"resources": state}}))


def _preview(site: str, outputs: dict[str, Any]) -> dict[str, Any]:
    urn = f"urn:pulumi:{site}::{PROJECT}::pulumi:pulumi:Stack::{PROJECT}-{site}"
    state: dict[str, Any] = {"urn": urn, "type": "pulumi:pulumi:Stack", "inputs": {}, "outputs": outputs}
    group = "urn:pulumi:x::y::openstack:networking/secGroup:SecGroup::a-group"
    known = {"urn": group, "type": "openstack:networking/secGroup:SecGroup", "inputs": {}, "outputs": {"id": "g1"}}
    rules = [
        {
            "urn": f"{group}-{protocol}",
            "type": "openstack:networking/secGroupRule:SecGroupRule",
            "outputs": {"id": f"r-{protocol}"},
        }
        for protocol in ("udp", "tcp")
    ]
    steps = [{"op": "same", "urn": one["urn"], "oldState": one, "newState": one} for one in (state, known, *rules)]
    return {"steps": steps, "changeSummary": {"same": len(steps)}}
