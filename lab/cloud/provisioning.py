"""What an administrator sets up once: users, catalogue, flavors, Ext-Net, gateways' sizes, images. All idempotent."""

import contextlib
from pathlib import Path
from typing import Any

from lab.cloud.hypervisor import Hypervisor
from lab.cloud.layout import (
    AUTH_URL,
    BAKED_IMAGE,
    FLAVORS,
    HOME,
    PASSWORDS,
    PROJECTS,
    PUBLIC_AUTH_URL,
    ROUTER_POLICIES,
    SERVICES,
    STOCK_IMAGE,
    Region,
)
from lab.cloud.rest import Client

KERNEL_OPTIONS = (
    "root=/dev/vda rw rootflags=noatime console=ttyS0 quiet mitigations=off random.trust_cpu=on tsc=reliable"
)
ROLES = (("svc", "service", "admin"), ("demo", "demo", "member"), ("admin", "demo", "admin"))


def identity(client: Client, regions: tuple[Region, ...]) -> None:
    """Projects, users, roles, and the catalogue: public URLs lead through the proxy, internal ones do not."""
    projects, users, roles = (_listed(client, kind) for kind in ("projects", "users", "roles"))
    for user in ("svc", "demo"):
        _make(client, "project", projects, PROJECTS[user], domain_id="default")
        _make(client, "user", users, user, password=PASSWORDS[user], domain_id="default")
    for user, project, role in ROLES:
        client.call("PUT", f"{AUTH_URL}/projects/{projects[project]}/users/{users[user]}/roles/{roles[role]}")

    services = _listed(client, "services")
    for kind, (name, _, _) in SERVICES.items():
        _make(client, "service", services, name, type=kind)
    known = {region["id"] for region in client.call("GET", f"{AUTH_URL}/regions")["regions"]}
    have = {
        (endpoint["region_id"], endpoint["service_id"], endpoint["interface"])
        for endpoint in client.call("GET", f"{AUTH_URL}/endpoints")["endpoints"]
    }
    for region in regions:
        if region.name not in known:
            client.call("POST", f"{AUTH_URL}/regions", {"region": {"id": region.name}})
        for (service, interface), url in _urls(region).items():
            fields = {"region_id": region.name, "service_id": services[service], "interface": interface}
            if tuple(fields.values()) not in have:
                client.call("POST", f"{AUTH_URL}/endpoints", {"endpoint": fields | {"url": url}})


def region(client: Client, region: Region, hypervisor: Hypervisor, images: Path | None) -> None:
    """Flavors, the external network, gateways' sizes and the images of one region.

    Args:
        client: the administrator.
        region: where.
        hypervisor: which files of an image it boots.
        images: directories `baked` and `stock` with kernel, initrd and root file system; None: images of a few bytes.
    """
    _flavors(client, region)
    _external_network(client, region)
    _router_policies(client, region)
    have = {image["name"] for image in client.get(region, "image", "/v2/images")["images"]}
    for name, kind in ((STOCK_IMAGE, "stock"), (BAKED_IMAGE, "baked")):
        if name in have:
            continue
        if images is None:
            _image(client, region, name, b"\0" * 1024)
            continue
        home = images / kind
        properties = {"disk_format": hypervisor.disk_format}
        if hypervisor.boots_kernel:
            kernel = _image(client, region, f"{name} kernel", home / "vmlinuz")
            ramdisk = _image(client, region, f"{name} initrd", home / "initrd.img")
            properties |= {"kernel_id": kernel, "ramdisk_id": ramdisk, "os_command_line": KERNEL_OPTIONS}
        _image(client, region, name, home / hypervisor.disk, **properties)


def _listed(client: Client, kind: str) -> dict[str, str]:
    return {item["name"]: item["id"] for item in client.call("GET", f"{AUTH_URL}/{kind}")[kind]}


def _make(client: Client, kind: str, have: dict[str, str], name: str, **fields: str) -> None:
    if name not in have:
        have[name] = client.call("POST", f"{AUTH_URL}/{kind}s", {kind: {"name": name, **fields}})[kind]["id"]


def _urls(region: Region) -> dict[tuple[str, str], str]:
    urls = {("keystone", "public"): PUBLIC_AUTH_URL, ("keystone", "internal"): AUTH_URL}
    for kind, (name, _, _) in SERVICES.items():
        urls[name, "public"] = region.endpoint(kind, public=True)
        urls[name, "internal"] = region.endpoint(kind)
    return urls


def _flavors(client: Client, region: Region) -> None:
    have = {flavor["name"] for flavor in client.get(region, "compute", "/flavors")["flavors"]}
    for flavor in FLAVORS:
        if flavor.name not in have:
            fields = {"name": flavor.name, "vcpus": flavor.vcpus, "ram": flavor.ram, "disk": flavor.disk}
            client.post(region, "compute", "/flavors", {"flavor": fields})


def _external_network(client: Client, region: Region) -> None:
    if client.get(region, "network", "/v2.0/networks?name=Ext-Net")["networks"]:
        return
    fields: dict[str, Any] = {
        "name": "Ext-Net",
        "router:external": True,
        "shared": True,  # as OVHcloud's: servers may stand on it
        "provider:network_type": "flat",
        "provider:physical_network": "public",
    }
    network = client.post(region, "network", "/v2.0/networks", {"network": fields})["network"]["id"]
    subnet = {
        "name": "Ext-Net",
        "network_id": network,
        "cidr": f"{region.external}.0/24",
        "ip_version": 4,
        "gateway_ip": f"{region.external}.1",
        "enable_dhcp": False,
        "allocation_pools": [{"start": f"{region.external}.10", "end": f"{region.external}.250"}],
    }
    client.post(region, "network", "/v2.0/subnets", {"subnet": subnet})


def _router_policies(client: Client, region: Region) -> None:
    path = "/v2.0/qos/policies"
    have = {policy["name"] for policy in client.get(region, "network", path)["policies"]}
    for name, kbps in ROUTER_POLICIES.items():
        if name in have:
            continue
        policy = client.post(region, "network", path, {"policy": {"name": name, "shared": True}})["policy"]["id"]
        rule = {"max_kbps": kbps, "direction": "egress"}
        client.post(region, "network", f"{path}/{policy}/bandwidth_limit_rules", {"bandwidth_limit_rule": rule})


def _image(client: Client, region: Region, name: str, content: Path | bytes, **properties: str) -> str:
    fields = {"name": name, "visibility": "public", "disk_format": "raw", "container_format": "bare", **properties}
    image: str = client.post(region, "image", "/v2/images", fields)["id"]
    client.upload(f"{region.endpoint('image')}/v2/images/{image}/file", content)
    if isinstance(content, Path):
        replace_by_link(HOME / f"glance-{region.slug}" / "images" / image, content)
    return image


def replace_by_link(copy: Path, original: Path) -> None:
    """Make a copy a second name of the same file, where the file system allows it: three regions, one image on disk."""
    link = copy.with_suffix(".link")
    with contextlib.suppress(OSError):
        link.hardlink_to(original)
        link.replace(copy)
