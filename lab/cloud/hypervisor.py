"""What the lab's servers are: system containers, or machines of QEMU; and everything that differs between the two.

Containers run the image's own systemd, cloud-init and services on this machine's kernel, and are booted in seconds.
Machines have a kernel of their own, and are ten to twenty times slower where the processor has to be emulated.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from recovery.client import Servers as Figures

ServersKind = Literal["containers", "machines"]


@dataclass(frozen=True)
class Hypervisor:
    """One kind of servers.

    Attributes:
        name: in the names of kept data.
        text: in reports, after "a real OpenStack of three regions on one machine, ".
        note: for whoever started it: what its servers are and are not.
        driver: Nova's `compute_driver`.
        module: what nova-compute imports beforehand; the drivers' code takes longest.
        virt_type: libvirt's, where it is the driver.
        node: the script that is the first process of a compute node.
        disk: the file of an image's directory that a server boots from.
        disk_format: how Glance is told of it.
        boots_kernel: whether the image's kernel and initrd are booted.
        figures: what servers take for what no setting bounds.
        ready_deadline: how long a server may take until it says that it is ready; None: the shipped value.
        edge: settings of the edges that the shipped values are too short for.
        scrape_interval: how often the witness looks at every server; None: the shipped value.
    """

    name: str
    text: str
    note: str
    driver: str
    module: str
    node: str
    figures: Figures
    virt_type: str = "qemu"
    disk: str = "rootfs.qcow2"
    disk_format: str = "qcow2"
    boots_kernel: bool = True
    ready_deadline: str | None = None
    edge: Mapping[str, Any] = field(default_factory=dict)
    scrape_interval: str | None = None


CONTAINERS = Hypervisor(
    name="containers",
    text="servers are system containers on its kernel",
    note=(
        "The servers are system containers: all of the image from systemd on, with users, disk and memory of their\n"
        "own, on this machine's kernel. They show no kernel, boot loader or clock of their own (lab/README.md), and\n"
        "that kernel alone keeps apart what runs in them."
    ),
    driver="lab_containers.ContainerDriver",
    module="containers.driver",
    node="node-containers.sh",
    disk="rootfs.erofs",
    disk_format="raw",
    boots_kernel=False,
    figures=Figures(start=1, meeting_start=10, promotion=1.5, sync=5, boot=60),
)
ACCELERATED = Hypervisor(
    name="machines",
    text="servers are virtual machines",
    note="The servers are virtual machines, run by the processor itself (KVM).",
    driver="libvirt.LibvirtDriver",
    module="nova.virt.libvirt.driver",
    node="node.sh",
    virt_type="kvm",
    figures=Figures(start=1, meeting_start=10, promotion=1.5, sync=5, boot=120),
)
EMULATED = Hypervisor(
    name="machines",
    text="servers are emulated machines",
    note="The servers are virtual machines, emulated instruction by instruction, and slow.",
    driver="libvirt.LibvirtDriver",
    module="nova.virt.libvirt.driver",
    node="node.sh",
    # Ten to twenty times as long as on servers of their own, and a whole site boots at once on the same processors.
    figures=Figures(start=10, meeting_start=60, promotion=3, sync=20, boot=240),
    ready_deadline="25m",
    # Such a processor, when it sets up a meeting, takes a second and more for a TLS handshake.
    edge={"tls_timeout": "5s", "room_table": {"check_interval": "3s", "check_timeout": "3s"}},
    scrape_interval="30s",
)
NONE = Hypervisor(
    name="fake",
    text="servers do not boot",
    note="No server boots.",
    driver="fake.FakeDriver",
    module="fake_console",
    node="",
    figures=Figures(),
    ready_deadline="0s",  # nobody waits for those that do not boot
)
