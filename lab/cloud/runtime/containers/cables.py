"""Cables between a server and its networks: near ends in the node's bridges, far ends inside the server.

A near end is called as Neutron's agent expects it of a server's port, and lives as long as the server has the port:
where it comes and goes within a round of the agent, the agent works on two states at once.
"""

from dataclasses import dataclass
from pathlib import Path

from .shell import attempt, run

INTERFACES = Path("/sys/class/net")
NAME_LENGTH = 14  # what Neutron cuts such names to
FIRST = 2  # as QEMU's machines number their cards: ens2, ens3, ...
FORWARDING, DISABLED = "3", "0"  # states of a bridge's port, see bridge(8)


def near(port: str) -> str:
    """The end in the bridge, by the port's id."""
    return f"tap{port}"[:NAME_LENGTH]


def far(port: str) -> str:
    """The server's end, as long as it is not inside."""
    return f"far{port}"[:NAME_LENGTH]


def card(index: int) -> str:
    """A network card's name inside the server."""
    return f"ens{FIRST + index}"


@dataclass(frozen=True)
class Cable:
    """What a cable is made from: its port's id, the bridge, the card's address, and the network's MTU."""

    port: str
    bridge: str
    address: str
    mtu: int


def lay(cable: Cable) -> None:
    """Make a cable, plugged into its bridge as the agent expects it of a server's port, unless it is there."""
    ours, theirs, mtu = near(cable.port), far(cable.port), str(cable.mtu)
    if (INTERFACES / ours).exists():
        return
    peer = ("peer", "name", theirs, "address", cable.address, "mtu", mtu)
    run("ip", "link", "add", ours, "mtu", mtu, "type", "veth", *peer)
    run("ip", "link", "set", ours, "master", cable.bridge, "up")


def remove(port: str) -> None:
    """Take a cable away, with both its ends, wherever they are."""
    attempt("ip", "link", "delete", near(port))


def cut(ports: list[str]) -> None:
    """No frame passes any more: what the kernel would still say in the name of the server is not heard."""
    for port in ports:
        attempt("bridge", "link", "set", "dev", near(port), "state", DISABLED)


def mend(ports: list[str]) -> None:
    """Frames pass again."""
    for port in ports:
        attempt("bridge", "link", "set", "dev", near(port), "state", FORWARDING)


def hand_over(port: str, pid: int) -> None:
    """Put the far end into a running server: the first card that it does not have."""
    taken = Path(f"/proc/{pid}/net/dev").read_text()
    index = next(index for index in range(100) if f" {card(index)}:" not in f" {taken}")
    run("ip", "link", "set", far(port), "netns", str(pid), "name", card(index))
