"""A client on a site's backbone: a network namespace of its own, on the very bridge that the site's servers are on.

What is cut off with the site is the probe as well.
"""

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from lab.cloud import layout
from lab.cloud.shell import LabError
from lab.lab import Lab

# The compute node's end of the vRack cable; its bridge is the backbone, as the region's servers see it.
_CABLE = layout.far_end("vrack")
_PLUG = "probe0"


@dataclass(frozen=True)
class Probe:
    """A namespace inside the lab with one address on the backbone of a region."""

    lab: Lab
    region: str
    address: str

    @property
    def name(self) -> str:
        """The namespace's."""
        return f"probe-{self.region}"

    def command(self, argv: Sequence[str]) -> list[str]:
        """The command line that runs a command there."""
        return self.lab.enter(["ip", "netns", "exec", self.name, *argv])

    def plug(self) -> None:
        """A new cable to the backbone's bridge: with the region's network, its bridge and what was plugged in go.

        Raises:
            LabError: the region's servers have no backbone yet.
        """
        link = self.lab.said(["ip", "-n", self.region, "-o", "link", "show", _CABLE])
        bridge = link.partition(" master ")[2].split(" ")[0]
        if not bridge:
            raise LabError(f"{self.region} has no backbone: deploy its stack first")
        self.unplug()
        ours, theirs = ["ip", "-n", self.region], ["ip", "-n", self.name]
        self.lab.said([*ours, "link", "add", _PLUG, "type", "veth", "peer", "name", "eth0", "netns", self.name])
        self.lab.said([*ours, "link", "set", _PLUG, "master", bridge, "up"])
        self.lab.said([*theirs, "address", "add", self.address, "dev", "eth0"])
        self.lab.said([*theirs, "link", "set", "eth0", "up"])

    def unplug(self) -> None:
        """Take the cable away, if there is one."""
        argv = self.lab.enter(["ip", "-n", self.region, "link", "delete", _PLUG])
        subprocess.run(argv, capture_output=True, check=False, timeout=30)


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
    made = Probe(lab, region, address)
    # What an interrupted run left goes first; the namespace alone would keep its cable while a client is inside.
    made.unplug()
    subprocess.run(lab.enter(["ip", "netns", "delete", made.name]), capture_output=True, check=False, timeout=30)
    lab.said(["ip", "netns", "add", made.name])
    try:
        made.plug()
        yield made
    finally:
        made.unplug()
        lab.said(["ip", "netns", "delete", made.name])
