"""Whether this machine's processor runs machines by itself: shown by a short boot, not by the device file alone.

Where the machine is a virtual one that may not nest others, the device is often there and no kernel boots on it.
"""

import os
import select
import subprocess
import time
from pathlib import Path

SECONDS = 10
BOOTED = b"Run /init"  # the kernel's last word before the first program; printed at its default log level
QEMU = "qemu-system-x86_64"
OPTIONS = ("-accel", "kvm", "-m", "512", "-display", "none", "-serial", "stdio", "-no-reboot")


def works(image: Path, *, qemu: str = QEMU, device: Path = Path("/dev/kvm"), seconds: float = SECONDS) -> bool:
    """Boot the image's own kernel and initrd until its first program would run.

    Args:
        image: a directory with `vmlinuz` and `initrd.img`.
        qemu: the program.
        device: the kernel's, without which nothing is tried.
        seconds: how long it may take; emulated it takes longer than that anyway.
    """
    if not device.exists():
        return False
    kernel = ("-kernel", str(image / "vmlinuz"), "-initrd", str(image / "initrd.img"))
    argv = [qemu, *OPTIONS, *kernel, "-append", "console=ttyS0 panic=-1"]
    with subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as boot:
        try:
            return _says(boot, time.monotonic() + seconds)
        finally:
            boot.kill()


def _says(boot: "subprocess.Popen[bytes]", deadline: float) -> bool:
    """Whether the boot comes to its first program in time."""
    stdout = boot.stdout
    assert stdout, "it is a pipe"  # noqa: S101 -- for the types
    seen = b""
    while (left := deadline - time.monotonic()) > 0:
        ready, _, _ = select.select([stdout], [], [], left)
        if ready:
            part = os.read(stdout.fileno(), 65536)
            if not part:
                return False
            seen += part
            if BOOTED in seen:
                return True
    return False
