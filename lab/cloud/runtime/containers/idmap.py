"""A bind mount in which a range of users stands for another: idmap.py SOURCE TARGET INSIDE OUTSIDE.

User INSIDE of the source is user OUTSIDE of the target, and so are the 65535 after it. mount(8) has learnt that later
than the version of Debian 12.
"""

import ctypes
import os
import signal
import struct
import sys
from pathlib import Path

SIZE = 1 << 16
AT_FDCWD, AT_EMPTY_PATH = -100, 0x1000
OPEN_TREE, OPEN_TREE_CLONE = 428, 1
MOVE_MOUNT, MOVE_MOUNT_F_EMPTY_PATH = 429, 4
MOUNT_SETATTR, MOUNT_ATTR_IDMAP = 442, 0x00100000
CLONE_NEWUSER = 0x10000000
LIBC = ctypes.CDLL(None, use_errno=True)


def user_namespace(inside: int, outside: int) -> int:
    """A handle of a namespace with the two ranges; the process that it is made from is gone."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        checked(LIBC.unshare(CLONE_NEWUSER))
        os.write(writer, b"x")
        signal.pause()
    os.read(reader, 1)
    for kind in ("uid_map", "gid_map"):
        Path(f"/proc/{child}/{kind}").write_text(f"{inside} {outside} {SIZE}\n")
    handle = os.open(f"/proc/{child}/ns/user", os.O_RDONLY)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return handle


def checked(result: int) -> int:
    """What a system call returned; an error as an exception."""
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def mount(source: str, target: str, inside: int, outside: int) -> None:
    """Make the mount."""
    tree = checked(LIBC.syscall(OPEN_TREE, AT_FDCWD, source.encode(), OPEN_TREE_CLONE | os.O_CLOEXEC))
    attributes = struct.pack("QQQQ", MOUNT_ATTR_IDMAP, 0, 0, user_namespace(inside, outside))
    checked(LIBC.syscall(MOUNT_SETATTR, tree, b"", AT_EMPTY_PATH, attributes, len(attributes)))
    checked(LIBC.syscall(MOVE_MOUNT, tree, b"", AT_FDCWD, target.encode(), MOVE_MOUNT_F_EMPTY_PATH))


if __name__ == "__main__":
    mount(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
