"""A client on a site's backbone: a network namespace of its own, on the very bridge that the site's servers are on.

What is cut off with the site is the probe as well.
"""

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from lab.cloud.shell import LabError
from lab.lab import Lab

# The compute node's end of the vRack cable; its bridge is the backbone, as the region's servers see it.
_CABLE = "vrack0"


@dataclass(frozen=True)
class Probe:
    """A namespace inside the lab with one address on the backbone."""

    lab: Lab
    name: str

    def command(self, argv: Sequence[str]) -> list[str]:
        """The command line that runs a command there."""
        return self.lab.enter(["ip", "netns", "exec", self.name, *argv])


@contextmanager
def probe(lab: Lab, region: str, address: str) -> Iterator[Probe]:
    """Make a probe in a region, and take it away again.

    Args:
        lab: the lab, up, with a backbone deployed.
        region: the region's slug, such as gra11.
        address: with its prefix length; the security groups see a packet of this address.

    Raises:
        LabError: the region's servers have no backbone yet.
    """
    name = f"probe-{region}"
    bridge = _said(lab, ["ip", "-n", region, "-o", "link", "show", _CABLE]).partition(" master ")[2].split(" ")[0]
    if not bridge:
        raise LabError(f"{region} has no backbone: deploy its stack first")
    # What an interrupted run left goes first; the namespace alone would keep its cable while a client is inside.
    for left in (["ip", "-n", region, "link", "delete", "probe0"], ["ip", "netns", "delete", name]):
        subprocess.run(lab.enter(left), capture_output=True, check=False, timeout=30)
    _said(lab, ["ip", "netns", "add", name])
    try:
        _said(lab, ["ip", "-n", region, "link", "add", "probe0", "type", "veth", "peer", "name", "eth0", "netns", name])
        _said(lab, ["ip", "-n", region, "link", "set", "probe0", "master", bridge, "up"])
        _said(lab, ["ip", "-n", name, "address", "add", address, "dev", "eth0"])
        _said(lab, ["ip", "-n", name, "link", "set", "eth0", "up"])
        yield Probe(lab, name)
    finally:
        _said(lab, ["ip", "-n", region, "link", "delete", "probe0"])
        _said(lab, ["ip", "netns", "delete", name])


def _said(lab: Lab, argv: Sequence[str]) -> str:
    done = subprocess.run(lab.enter(argv), capture_output=True, text=True, check=False, timeout=30)
    if done.returncode:
        raise LabError(f"{' '.join(argv)}: {done.stderr.strip()}")
    return done.stdout
