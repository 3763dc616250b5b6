"""The lab's own network: three bridges, and for each region a compute node on all of them."""

from pathlib import Path

from lab.cloud.layout import BRIDGES, MANAGEMENT, PUBLIC, SERVICES_HOST, far_end
from lab.cloud.settings import Settings
from lab.cloud.shell import run


def addresses(settings: Settings) -> dict[str, tuple[str, ...]]:
    """Who the lab's host is on each bridge: on `external` the upstream router of every region."""
    gateways = tuple(f"{region.external}.1/24" for region in settings.regions)
    return {
        "mgmt": (f"{MANAGEMENT}/24", f"{PUBLIC}/24"),
        "vrack": (),
        "external": (*gateways, f"{SERVICES_HOST}/32"),
    }


def build(settings: Settings) -> None:
    """Make bridges, and cables to the compute nodes' namespaces; the fake lab has addresses alone."""
    if settings.fake:
        run(["ip", "addr", "add", f"{MANAGEMENT}/32", "dev", "lo"])
        run(["ip", "addr", "add", f"{PUBLIC}/32", "dev", "lo"])
        return
    ipv4 = Path("/proc/sys/net/ipv4")
    (ipv4 / "ip_forward").write_text("1")  # floating IPs of one region talk to those of the others
    for scope in ("all", "default"):
        (ipv4 / "conf" / scope / "send_redirects").write_text("0")  # all regions share the bridge: no short cuts
    for bridge in BRIDGES:
        run(["ip", "link", "add", bridge, "type", "bridge", "forward_delay", "0"])
        Path(f"/proc/sys/net/ipv6/conf/{bridge}/disable_ipv6").write_text("1")
        run(["ip", "link", "set", bridge, "up"])
        for address in addresses(settings)[bridge]:
            run(["ip", "addr", "add", address, "dev", bridge])
    for region in settings.regions:
        slug = region.slug
        run(["ip", "netns", "add", slug])
        run(["ip", "-n", slug, "link", "set", "lo", "up"])
        for bridge in BRIDGES:
            ours, theirs = region.device(bridge), far_end(bridge)
            run(["ip", "link", "add", ours, "type", "veth", "peer", "name", theirs, "netns", slug])
            run(["ip", "link", "set", ours, "master", bridge, "up"])
            run(["ip", "-n", slug, "link", "set", theirs, "up"])
        run(["ip", "-n", slug, "addr", "add", f"{region.node_address}/24", "dev", far_end("mgmt")])
