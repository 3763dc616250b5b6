"""One server as a LXC container: its configuration, its power, and what the kernel keeps of it."""

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from .cables import card, far
from .shell import ContainerError, attempt, run, until

NAME = "server"  # for LXC, which tells containers apart by their directories
CGROUPS = Path("/sys/fs/cgroup")
LXCFS = Path("/run/lab/lxcfs/proc")
# What lxcfs shows of the server instead of the machine.
OWN = ("meminfo", "swaps", "uptime", "stat", "cpuinfo", "diskstats", "loadavg")
FREEZE_SECONDS, STOP_SECONDS, REMOVE_SECONDS = 5, 30, 5
CPU_PERIOD = 100_000

# systemd's own signals for halt and reboot (systemd(1)). The environment is where cloud-init's ds-identify looks for a
# container's cloud. The mounted /proc and /sys are read-only but for the server's network.
CONFIG = """\
lxc.uts.name = {hostname}
lxc.rootfs.path = dir:{home}/root
lxc.console.logfile = {home}/console.log
lxc.tty.max = 0
lxc.pty.max = 1024
lxc.autodev = 1
lxc.signal.halt = SIGRTMIN+4
lxc.signal.reboot = SIGRTMIN+5
lxc.environment = product_name=OpenStack Nova
lxc.idmap = u 0 {base} 65536
lxc.idmap = g 0 {base} 65536
lxc.seccomp.profile = /usr/share/lxc/config/common.seccomp
lxc.apparmor.profile = unconfined
lxc.mount.auto = proc:mixed sys:mixed
lxc.mount.entry = {home}/seed var/lib/cloud/seed/config_drive none bind,ro,create=dir 0 0
lxc.cgroup.dir.container = {cgroup}
lxc.cgroup.dir.monitor = {cgroup}.monitor
lxc.cgroup.dir.monitor.pivot = {cgroup}.pivot
"""

State = Literal["running", "paused", "off"]


@dataclass(frozen=True)
class Size:
    """What a flavor grants."""

    memory: int  # MiB
    processors: int


def limits(size: Size, *, unified: bool) -> str:
    """The lines that bound memory and processor time, for cgroups of the second version alone or of the first."""
    quota = CPU_PERIOD * size.processors
    if unified:
        return (
            f"lxc.cgroup2.memory.max = {size.memory}M\n"
            f"lxc.cgroup2.memory.swap.max = 0\n"
            f"lxc.cgroup2.cpu.max = {quota} {CPU_PERIOD}\n"
        )
    return (
        f"lxc.cgroup.memory.limit_in_bytes = {size.memory}M\n"
        f"lxc.cgroup.cpu.cfs_period_us = {CPU_PERIOD}\n"
        f"lxc.cgroup.cpu.cfs_quota_us = {quota}\n"
    )


@dataclass(frozen=True)
class Container:
    """A server by its directory; its name there is that of the cgroups."""

    home: Path

    @property
    def cgroup(self) -> str:
        """The cgroups' name, in every hierarchy."""
        return f"lab-{self.home.name}"

    def configure(self, hostname: str, base: int, size: Size) -> None:
        """Write the configuration, all but the network cards."""
        text = CONFIG.format(hostname=hostname, home=self.home, cgroup=self.cgroup, base=base)
        text += limits(size, unified=unified())
        text += "".join(f"lxc.mount.entry = {LXCFS / name} proc/{name} none bind 0 0\n" for name in OWN)
        (self.home / "config").write_text(text)

    def start(self, ports: list[str], log: Path) -> None:
        """Boot, with the far ends of the ports' cables as network cards."""
        cards = "".join(
            f"lxc.net.{index}.type = phys\nlxc.net.{index}.link = {far(port)}\nlxc.net.{index}.name = {card(index)}\n"
            for index, port in enumerate(ports)
        )
        now = self.home / "config.now"
        now.write_text((self.home / "config").read_text() + cards)
        (self.home / "console.log").unlink(missing_ok=True)
        what = ["-P", str(self.home), "-n", NAME, "-f", str(now), "-o", str(log), "-l", "NOTICE", "-d"]
        try:
            # Without /usr/bin LXC finds no newuidmap, which would have the machine's /etc/subuid say what root may do.
            run("env", "PATH=/usr/sbin", "/usr/bin/lxc-start", *what)
        except ContainerError as error:
            raise ContainerError(f"{error}\n{log.read_text(errors='replace')[-2000:]}") from error

    def started_with(self, port: str) -> bool:
        """Whether a port's card is one of those that it was booted with."""
        return f" = {far(port)}\n" in (self.home / "config.now").read_text()

    def stop(self, patience: int) -> None:
        """Shut down; without power once `patience` is over, at once when it is 0."""
        how = ["-t", str(patience)] if patience else ["-k"]
        attempt("lxc-stop", "-P", str(self.home), "-n", NAME, *how)
        until(f"{self.home.name} stops", lambda: self.state() == "off", STOP_SECONDS)

    def state(self) -> State:
        """What it does now."""
        told = attempt("lxc-info", "-P", str(self.home), "-n", NAME, "-sH").strip()
        if told in {"", "STOPPED"}:
            return "off"
        return "paused" if self._frozen() else "running"

    def pid(self) -> int:
        """Its first process; 0 when it is off."""
        told = attempt("lxc-info", "-P", str(self.home), "-n", NAME, "-pH").strip()
        return int(told) if told.isdigit() else 0

    def freeze(self, *, on: bool) -> None:
        """Stop all its processes, or let them go on. LXC's own command knows pure hierarchies only."""
        file, frozen, thawed = self._freezer()

        def done() -> bool:
            file.write_text(frozen if on else thawed)
            return self._frozen() is on

        until(f"{self.home.name}: {file} says {frozen if on else thawed}", done, FREEZE_SECONDS)

    def forget(self) -> None:
        """Remove what the kernel keeps of it once it is off."""
        until(f"the cgroups of {self.home.name} go", lambda: remove_cgroups(self.cgroup), REMOVE_SECONDS)

    def _frozen(self) -> bool:
        file, frozen, _ = self._freezer()
        try:
            return file.read_text().strip() == frozen
        except FileNotFoundError:
            return False

    def _freezer(self) -> tuple[Path, str, str]:
        if unified():
            return self._cgroup(CGROUPS) / "cgroup.freeze", "1", "0"
        return self._cgroup(CGROUPS / "freezer") / "freezer.state", "FROZEN", "THAWED"

    def _cgroup(self, hierarchy: Path) -> Path:
        """Its cgroup in a hierarchy: below that of the lab, wherever this is."""
        return next((Path(found) for found, _, _ in os.walk(hierarchy) if Path(found).name == self.cgroup), hierarchy)


def unified(cgroups: Path = CGROUPS) -> bool:
    """Whether cgroups of the second version are all that there is."""
    return (cgroups / "cgroup.controllers").exists()


def remove_cgroups(prefix: str, cgroups: Path = CGROUPS) -> bool:
    """Remove the empty cgroups whose names begin so, with those below; whether none is left."""
    left = [Path(found) for found, _, _ in os.walk(cgroups) if Path(found).name.startswith(prefix)]
    for top in left:
        for below, _, _ in os.walk(top, topdown=False):
            with contextlib.suppress(OSError):  # somebody is still in it, or it is gone already
                Path(below).rmdir()
    return not any(top.exists() for top in left)
