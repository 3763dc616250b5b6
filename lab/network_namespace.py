"""Another network for this thread."""

import contextlib
import ctypes
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

_CLONE_NEWNET = 0x40000000  # sched.h
_OWN_ADDRESS = "10.255.255.1/32"


@contextlib.contextmanager
def entered(pid: int) -> Iterator[None]:
    """Move this thread, and the threads that it starts, into a process' network, and back; files stay where they are.

    Raises:
        OSError: there is no such process, or no right to.
    """
    with Path("/proc/thread-self/ns/net").open() as outside, Path(f"/proc/{pid}/ns/net").open() as inside:
        _enter(inside.fileno())
        try:
            yield
        finally:
            _enter(outside.fileno())


def _enter(namespace: int) -> None:
    """os.setns comes with Python 3.12."""
    if ctypes.CDLL(None, use_errno=True).setns(namespace, _CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def alone() -> None:
    """Give this thread, and the threads and processes that it starts, a network of their own without any other host.

    It has loopback, and an address beside 127.0.0.1: WebRTC offers no loopback address.

    Raises:
        OSError: no right to.
    """
    if ctypes.CDLL(None, use_errno=True).unshare(_CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    for words in (["link", "set", "lo", "up"], ["address", "add", _OWN_ADDRESS, "dev", "lo"]):
        subprocess.run(["ip", *words], check=True)
