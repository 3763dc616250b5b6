"""Caddy's storage of certificates (certmagic, storage.go and account.go), and what an edge takes over of another's."""

import re
from importlib.resources import files
from urllib.parse import urlsplit

from boot.edge.tls import FLEET_CERTIFICATE, PEERS_PAIR
from settings.addresses import Role
from settings.edge import Acme
from settings.relay import CERTIFICATES_PORT
from settings.secrets import FLEET_NAME
from settings.stack import Settings

STORAGE = "/var/lib/caddy/.local/share/caddy"


def issuer(acme: Acme) -> str:
    """The directory's name in the storage (`acme.issuerKey`)."""
    directory = urlsplit(acme.directory)
    return f"{directory.netloc}{directory.path}".lower().replace("/", "-").replace(":", "-").strip("-")


def take_over(settings: Settings, acme: Acme, names: tuple[str, ...]) -> str:
    """The script that Caddy's unit runs before it starts.

    Args:
        settings: the stack's settings.
        acme: the authority's.
        names: whose certificates the edge serves with; each has one.
    """
    (other,) = (site for site in settings.env.service_sites if site != settings.site)
    email = _safe(acme.email)
    wanted = [f"certificates/{issuer(acme)}/{name}/{name}" for name in names]
    wanted.append(f"acme/{issuer(acme)}/users/{email}/{email.partition('@')[0]}")
    values = {
        "STORAGE": STORAGE,
        "URL": f"https://{FLEET_NAME}:{CERTIFICATES_PORT}",
        "FLEET": FLEET_CERTIFICATE,
        "PAIR": PEERS_PAIR,
        "OTHER": str(settings.backbone_address(Role.EDGE, site=other)),
        "FILES": " ".join(wanted),
    }
    given = "".join(f'{name}="{value}"\n' for name, value in values.items())
    return f"#!/bin/sh\n{given}{(files('boot') / 'edge' / 'take-over.sh').read_text()}"


def _safe(text: str) -> str:
    """Part of a path, as certmagic writes it (`KeyBuilder.Safe`)."""
    for written, stored in (("+", "_plus_"), ("*", "wildcard_"), (":", "-"), ("..", "")):
        text = text.replace(written, stored)
    return re.sub(r"[^\w@.-]", "", text.lower(), flags=re.ASCII)
