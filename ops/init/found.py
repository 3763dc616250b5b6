"""What this machine, and the cloud where there are credentials, know without asking anybody."""

import os
import socket
from collections.abc import Mapping
from functools import partial
from ipaddress import IPv4Address
from pathlib import Path

from fleet.bounded import NoAnswer, ask
from fleet.cloud import ASK_SECONDS, told
from ops.images import active
from settings.stack import OVH_RESOLVER

# In the order in which ssh tries them.
_KEYS = ("id_ed25519.pub", "id_ed25519_sk.pub", "id_ecdsa.pub", "id_ecdsa_sk.pub", "id_rsa.pub")


def ssh_key(home: Path) -> Path | None:
    """The operator's public key; None where there is none."""
    return next((file for name in _KEYS if (file := home / ".ssh" / name).is_file()), None)


def public_address() -> IPv4Address | None:
    """The address that this machine goes out with, if it is one of the Internet's; nothing is sent for it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way:
        try:
            way.connect((str(OVH_RESOLVER), 53))
        except OSError:
            return None
        address = IPv4Address(way.getsockname()[0])
    return address if address.is_global else None


def image_ids(wanted: Mapping[str, tuple[str, str]]) -> tuple[dict[str, str], list[str]]:
    """The ids of images, where the regions have one of the name.

    Args:
        wanted: region and image's name, by stack.

    Returns:
        Ids by stack, and why there is none for the others; nothing without credentials.
    """
    if not (os.environ.get("OS_AUTH_URL") or os.environ.get("OS_CLOUD")):
        return {}, []
    questions = {
        stack: partial(told, region, partial(active, names={name})) for stack, (region, name) in wanted.items()
    }
    ids, missing = {}, []
    for stack, answer in ask(questions, ASK_SECONDS).items():
        region, name = wanted[stack]
        if isinstance(answer, NoAnswer):
            missing.append(f"stack {stack}: {answer.why}")
        elif len(answer[name]) == 1:
            ids[stack] = answer[name][0]
        else:
            some = f"{len(answer[name])} active images" if answer[name] else "no active image"
            missing.append(f"stack {stack}: {region} has {some} {name!r}")
    return ids, missing
