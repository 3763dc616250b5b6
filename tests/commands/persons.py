"""Operators with keys of their own."""

import subprocess

import yaml

from settings import PROJECT
from tests.commands.deployment import Deployment


def name_persons(found: Deployment, *names: str) -> dict[str, str]:
    """Have the settings name people; each one's public key, whose private one is a file of the name."""
    keys = {}
    for name in names:
        file = found.directory / name
        if not file.exists():
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(file)], check=True)
        keys[name] = file.with_suffix(".pub").read_text().strip()
    file = found.directory / "Pulumi.yaml"
    shared = yaml.safe_load(file.read_text())
    environments = shared["config"][f"{PROJECT}:environments"]["value"]
    environments["production"]["operators"]["ssh_public_keys"] = list(keys.values())
    file.write_text(yaml.safe_dump(shared))
    return keys
