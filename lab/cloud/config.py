"""Configuration files of the lab's services: templates filled in from the tables."""

import base64
import hashlib
import json
import re
import shutil
from pathlib import Path
from string import Template

from lab.cloud.layout import (
    AUTH_URL,
    CONF,
    HOME,
    LOG,
    MANAGEMENT,
    MYSQL_SOCKET,
    SERVICE_PASSWORD,
    SERVICES,
    SERVICES_HOST,
    Region,
)
from lab.cloud.settings import Settings

TEMPLATES = Path(__file__).parent / "templates"
DATABASE_URL = "mysql+pymysql://root@localhost"
RABBIT_USER = "lab"
QEMU_WRAPPER = """#!/bin/bash
arguments=()
for argument in "$@"; do
  [ "$argument" = tcg ] && argument=tcg,tb-size={size}
  arguments+=("$argument")
done
exec /usr/bin/qemu-system-x86_64-microvm "${{arguments[@]}}"
"""


def render(template: str, values: dict[str, str]) -> str:
    """One template with its values; a placeholder without a value is an error."""
    return Template((TEMPLATES / template).read_text()).substitute(values)


def values_of(region: Region, settings: Settings) -> dict[str, str]:
    """What the templates of a region may say."""
    first_vni = 1000 * (region.index + 1)
    values = {
        "home": str(HOME),
        "conf": str(CONF),
        "log": str(LOG),
        "socket": str(MYSQL_SOCKET),
        "management": MANAGEMENT,
        "services_host": SERVICES_HOST,
        "auth_url": AUTH_URL,
        "service_password": SERVICE_PASSWORD,
        "db": DATABASE_URL,
        "rabbit": rabbit_url(region),
        "region": region.name,
        "slug": region.slug,
        "node_address": region.node_address,
        "vni_ranges": f"{first_vni}:{first_vni + 999}",
        "mechanism_drivers": "lab_fake" if settings.fake else "linuxbridge,l2population",
        "firewall_driver": "noop" if settings.fake else "iptables",
        "compute_driver": settings.hypervisor.driver,
        "virt_type": settings.hypervisor.virt_type,
        "metadata_port": str(region.port("metadata")),
    }
    values |= {f"{service}_port": str(region.port(service)) for service in SERVICES}
    values["credentials"] = render("credentials.inc", values)
    values["authtoken"] = render("authtoken.inc", values)
    return values


def rabbit_url(region: Region) -> str:
    """The region's message bus: one RabbitMQ, a virtual host each."""
    return f"rabbit://{RABBIT_USER}:{RABBIT_USER}@{MANAGEMENT}:5672/{region.slug}"


def rabbit_definitions(regions: tuple[Region, ...]) -> str:
    """RabbitMQ's user and virtual hosts, loaded at its start."""
    salt = b"labs"
    digest = hashlib.sha256(salt + RABBIT_USER.encode()).digest()
    return json.dumps(
        {
            "users": [
                {
                    "name": RABBIT_USER,
                    "tags": "administrator",
                    "hashing_algorithm": "rabbit_password_hashing_sha256",
                    "password_hash": base64.b64encode(salt + digest).decode(),
                }
            ],
            "vhosts": [{"name": region.slug} for region in regions],
            "permissions": [
                {"user": RABBIT_USER, "vhost": region.slug, "configure": ".*", "write": ".*", "read": ".*"}
                for region in regions
            ],
        }
    )


def without_databases(nova: str) -> str:
    """nova-compute's view of nova.conf: it must not see database connections."""
    return re.sub(r"\[(api_)?database\]\nconnection = .*\n", "", nova)


def files(settings: Settings) -> dict[Path, str]:
    """Every configuration file of the lab, by path below its state directory."""
    conf = Path("conf")
    common = values_of(settings.regions[0], settings)
    made = {
        conf / "rabbit-definitions.json": rabbit_definitions(settings.regions),
        conf / "no-plugins": "[].\n",
    }
    for name in ("keystone.conf", "my.cnf", "rabbitmq.conf", "dnsmasq.conf"):
        made[conf / name] = render(name, common)
    for region in settings.regions:
        values, slug = values_of(region, settings), region.slug
        nova = render("nova.conf", values)
        made |= {
            conf / f"nova-{slug}.conf": nova,
            conf / f"nova-cpu-{slug}.conf": without_databases(nova),
            conf / f"nova-compute-{slug}.conf": render("nova-compute.conf", values),
            conf / f"neutron-{slug}.conf": render("neutron.conf", values),
            conf / f"neutron-agent-{slug}.conf": render("neutron-agent.conf", values),
            conf / f"glance-{slug}.conf": render("glance-api.conf", values),
            conf / f"placement-{slug}" / "placement.conf": render("placement.conf", values),
        }
        node = Path("nodes") / slug
        made |= {
            node / "etc-libvirt" / "qemu.conf": render("qemu.conf", values),
            node / "etc-libvirt" / "libvirtd.conf": render("libvirtd.conf", values),
            node / "hosts": f"127.0.0.1 localhost\n{region.node_address} {slug}\n",
            node / "qemu.sh": QEMU_WRAPPER.format(size=96),
        }
    return made


def write(settings: Settings, home: Path = HOME) -> None:
    """Write every configuration file, and the directories that the services expect."""
    for path, text in files(settings).items():
        (home / path).parent.mkdir(parents=True, exist_ok=True)
        (home / path).write_text(text)
    for name in ("nova-api-paste.ini", "neutron-api-paste.ini", "glance-api-paste.ini", "neutron-policy.yaml"):
        shutil.copy(TEMPLATES / name, home / "conf" / name)
    directories = ["log", "www", "console", "rabbit", "keystone"]
    for region in settings.regions:
        slug = region.slug
        directories += [
            f"glance-{slug}/images",
            f"glance-{slug}/staging",
            f"nova-{slug}/locks",
            f"neutron-{slug}/locks",
        ]
        directories += [
            f"nodes/{slug}/{below}"
            for below in ("nova/instances", "nova/locks", "neutron/locks", "libvirt", "log-libvirt")
        ]
        (home / "nodes" / slug / "qemu.sh").chmod(0o755)
    for directory in directories:
        (home / directory).mkdir(parents=True, exist_ok=True)
