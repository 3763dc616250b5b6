"""A complete configuration, as Pulumi hands it over, for tests to vary by one key."""

import json
import shutil
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any
from unittest import mock

import yaml

from settings import networks
from settings.load import SECRET_KEYS, load_settings
from settings.stack import Settings

ROOT = Path(__file__).parent.parent
SECRETS = {
    "cookie_secret": "cookie-secret-of-the-tests",
    "redis_password": "redis-password-of-the-tests",
    "redis_fleet_password": "fleet-password-of-the-tests",
    "fleet_certificate": "-----BEGIN CERTIFICATE-----\nfleet certificate of the tests\n-----END CERTIFICATE-----\n",
    "fleet_key": "-----BEGIN PRIVATE KEY-----\nfleet key of the tests\n-----END PRIVATE KEY-----\n",
}
IMAGE_ID = "11111111-2222-3333-4444-555555555555"
OTHER_IMAGE_ID = IMAGE_ID.replace("1", "9")
DIGEST = "sha256:" + "ab" * 32
OPERATOR_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFrs8Ptg2ySvyMRbLU3ORIZZmoDCIJTRIDGF9sYr1wA5 operator"
# Of servers that are all on this machine, as no operator's are: the documents need no other change of address.
ON_LOOPBACK = {
    "env.backbone.cidr": "127.17.0.0/22",
    "env.sites.gra.block": "127.17.0.0/24",
    "env.sites.sbg.block": "127.17.1.0/24",
    "env.sites.witness.block": "127.17.2.0/24",
}


def production() -> dict[str, Any]:
    """The environment that Pulumi.yaml ships, with what an operator has to fill in filled in."""
    shipped: dict[str, Any] = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())
    environment: dict[str, Any] = shipped["config"]["multiparty-meeting:environments"]["value"]["production"]
    environment["domain"] = "meeting.organisation.fr"
    environment["meeting"]["delivery"]["image"] = f"docker.io/organisation/meeting@{DIGEST}"
    environment["edge"]["certificate"]["email"] = "admin@organisation.fr"
    return environment


def deployable(directory: Path, **changes: dict[str, Any]) -> Path:
    """The shipped files, with what an operator fills in and these keys of the environment."""
    config = {"multiparty-meeting:environments": {"value": {"production": production() | changes}}}
    (directory / "Pulumi.yaml").write_text(yaml.safe_dump({"config": config}))
    for site in ("gra", "sbg", "witness"):
        shutil.copy(ROOT / f"Pulumi.{site}.yaml", directory)
    return directory


def public_image() -> dict[str, Any]:
    """What the commented block of Pulumi.yaml, upstream's public image, changes; the digest is still a placeholder."""
    lines = (ROOT / "Pulumi.yaml").read_text().splitlines()
    first = next(number for number, line in enumerate(lines) if line.strip() == "# meeting:")
    last = next(number for number, line in enumerate(lines) if line.strip().startswith("# redis:"))
    block = yaml.safe_load("\n".join(line.replace("# ", "", 1) for line in lines[first : last + 1]))
    return {f"env.{key}": value for key, value in block.items()}


def values(stack: str = "gra", changes: Mapping[str, Any] | None = None) -> dict[str, str]:
    """A stack's configuration, flat and as text.

    Args:
        stack: gra, sbg or witness: whose shipped file to start from.
        changes: by dotted key, below `environments.production` for a key that starts with "env."; None removes.
    """
    file = yaml.safe_load((ROOT / f"Pulumi.{stack}.yaml").read_text())["config"]
    config: dict[str, Any] = {key.removeprefix("multiparty-meeting:"): value for key, value in file.items()}
    config["image"]["id"] = IMAGE_ID
    config |= {"environments": {"production": production()}, **SECRETS}
    for key, value in (changes or {}).items():
        _set(config, key.replace("env.", "environments.production.", 1) if key.startswith("env.") else key, value)
    return {key: value if isinstance(value, str) else json.dumps(value) for key, value in config.items()}


def settings(
    stack: str = "gra", changes: Mapping[str, Any] | None = None, *, os_region_name: str | None = None
) -> Settings:
    """The settings of `values(stack, changes)`, all secrets encrypted; `ON_LOOPBACK` alone may be on loopback."""
    with mock.patch.dict(networks.NOBODYS):
        if (changes or {}).items() >= ON_LOOPBACK.items():
            networks.NOBODYS.pop(networks.LOOPBACK, None)
        return load_settings(values(stack, changes), stack=stack, encrypted=SECRET_KEYS, os_region_name=os_region_name)


def _set(config: dict[str, Any], key: str, value: object) -> None:
    *path, last = key.split(".")
    inner: Any = config
    for part in path:
        inner = inner.setdefault(part, {})
    if value is None:
        inner.pop(last, None)
    else:
        inner[last] = deepcopy(value)  # a later key may reach into it
