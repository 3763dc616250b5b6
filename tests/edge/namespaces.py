"""Hosts on one wire, as namespaces of this machine: each with its network, its processes and its disk over ours."""

import shutil
import subprocess
from contextlib import AbstractContextManager
from ipaddress import IPv4Address
from pathlib import Path

from lab.network_namespace import entered
from tests.unit.waiting import eventually

PREFIX = 22  # of the backbone that Pulumi.yaml ships
_DISKS = ("etc", "usr", "var")


class Namespaces:
    """Namespaces that live as long as their first process; whatever runs in them ends with it.

    It reads what nobody writes, and ends when this process does, however that is.
    """

    def __init__(self) -> None:
        unshare = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "cat"]
        self._unshare = subprocess.Popen(unshare, stdin=subprocess.PIPE)
        children = Path(f"/proc/{self._unshare.pid}/task/{self._unshare.pid}/children")
        (child,) = eventually(lambda: children.read_text().split(), bool, seconds=60, what="namespaces")
        self.pid = int(child)
        comm = Path(f"/proc/{child}/comm")
        eventually(comm.read_text, lambda name: name == "cat\n", seconds=60, what="the namespaces' first process")

    def command(self, *words: str | Path) -> list[str]:
        """The command that runs `words` inside."""
        return ["nsenter", f"--target={self.pid}", "--net", "--mount", "--pid", *map(str, words)]

    def run(self, *words: str | Path, stdin: str = "", check: bool = True) -> "subprocess.CompletedProcess[str]":
        """Run a command inside; with `check` its failure is one of the test's, with what it said."""
        done = subprocess.run(
            self.command(*words), input=stdin, capture_output=True, text=True, check=False, timeout=180
        )
        assert not check or done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        return done

    def listens(self, port: int) -> None:
        """Wait until somebody does inside, by TCP."""
        listening = f"until ss --tcp --listening --no-header sport = :{port} | grep -q .; do sleep 0.05; done"
        self.run("timeout", "90", "sh", "-c", listening)

    def end(self) -> None:
        """Power off: nothing says goodbye."""
        self._unshare.kill()
        self._unshare.communicate(timeout=10)


class Wire(Namespaces):
    """The layer 2 network between hosts."""

    def __init__(self, address: IPv4Address) -> None:
        """`address` is that of whoever enters the wire."""
        super().__init__()
        self.run("ip", "link", "add", "name", "bridge", "type", "bridge")
        self.run("ip", "address", "add", f"{address}/{PREFIX}", "dev", "bridge")
        self.run("ip", "link", "set", "bridge", "up")
        self.run("ip", "link", "set", "lo", "up")
        self._ports = 0

    def plug(self, host: Namespaces, address: IPv4Address) -> str:
        """Connect a host; the port's name."""
        self._ports += 1
        port = f"port{self._ports}"
        self.run("ip", "link", "add", "name", port, "type", "veth", "peer", "name", "backbone")
        # Between processes' namespaces only the outside can tell: the wire does not see the host's number.
        subprocess.run(
            ["nsenter", f"--target={self.pid}", "--net", "ip", "link", "set", "backbone", "netns", str(host.pid)],
            check=True,
        )
        self.run("ip", "link", "set", port, "master", "bridge", "up")
        host.run("ip", "link", "set", "lo", "up")
        host.run("ip", "address", "add", f"{address}/{PREFIX}", "dev", "backbone")
        host.run("ip", "link", "set", "backbone", "up")
        return port

    def cut(self, port: str, *, off: bool) -> None:
        """Pull a port's plug, or put it back: what is sent meanwhile is lost, and nobody is told."""
        self.run("ip", "link", "set", port, "down" if off else "up")

    def entered(self) -> AbstractContextManager[None]:
        """This thread on the wire: sockets that it opens are the wire's."""
        return entered(self.pid)


class Host(Namespaces):
    """A host with one address and a disk of its own laid over this machine's."""

    def __init__(self, wire: Wire, address: IPv4Address, disk: Path) -> None:
        super().__init__()
        self.address = address
        self.disk = disk
        self._wire = wire
        self.port = wire.plug(self, address)
        for top in _DISKS:
            (disk / top).mkdir(parents=True, exist_ok=True)
            work = disk / ".work" / top
            work.mkdir(parents=True, exist_ok=True)
            layers = f"lowerdir=/{top},upperdir={disk / top},workdir={work}"
            self.run("mount", "-t", "overlay", "overlay", "-o", layers, f"/{top}")
        self.run("mount", "-t", "tmpfs", "tmpfs", "/run")
        # Services bind 80 and 443 by a capability that their units give them.
        self.run("sysctl", "-q", "net.ipv4.ip_unprivileged_port_start=80")

    def cut(self, *, off: bool) -> None:
        """Pull the host's plug, or put it back."""
        self._wire.cut(self.port, off=off)

    def end(self) -> None:
        """Power off, and throw the disk away."""
        super().end()
        shutil.rmtree(self.disk, ignore_errors=True)
