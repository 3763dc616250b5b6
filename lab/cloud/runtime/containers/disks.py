"""Servers' disks: a file system of the flavor's size each, laid over the image's, which all of them share.

Files of the image belong to the server's users by an idmapped mount; what the server writes belongs to them anyway.
"""

import os
import shutil
import sys
import tempfile
import threading
from pathlib import Path

from .shell import attempt, run, until

IDMAP = Path(__file__).with_name("idmap.py")
# No journal and no reserve: a server's disk ends with the server, and its root is not the machine's.
FORMAT = ("mkfs.ext4", "-q", "-F", "-m", "0", "-O", "^has_journal", "-E", "lazy_itable_init=1")
UNMOUNT_SECONDS = 10
# Nova makes servers at the same time.
_MOUNTING = threading.Lock()


def mount_image(image: Path) -> Path:
    """Mount an image's file system, unless it is; the directory. Second names of one file share what was read of it."""
    target = image.with_name(f"{image.name}.mounted")
    target.mkdir(exist_ok=True)
    with _MOUNTING:
        if not target.is_mount():
            run("mount", "-t", "erofs", "-o", "loop,ro", str(image), str(target))
    return target


def create(home: Path, gigabytes: int) -> None:
    """Make a server's disk; only what is written takes room.

    Args:
        home: the server's directory.
        gigabytes: the flavor's.
    """
    disk = home / "disk"
    with disk.open("wb") as file:
        os.truncate(file.fileno(), gigabytes << 30)
    run(*FORMAT, str(disk))


def mount(home: Path, image: Path, base: int) -> Path:
    """Mount a server's root, unless it is.

    Args:
        home: the server's directory, with a disk.
        image: where its image is mounted.
        base: the first of the server's users.

    Returns:
        The root.
    """
    lower, disk, root = (home / name for name in ("lower", "layers", "root"))
    for directory in (lower, disk, root):
        directory.mkdir(exist_ok=True)
    if not lower.is_mount():
        run(sys.executable, str(IDMAP), str(image), str(lower), "0", str(base))
    if not disk.is_mount():
        run("mount", "-o", "loop,noatime", str(home / "disk"), str(disk))
    if not root.is_mount():
        for name in ("upper", "work"):
            (disk / name).mkdir(exist_ok=True)
        os.chown(disk / "upper", base, base)
        layers = f"lowerdir={lower},upperdir={disk}/upper,workdir={disk}/work"
        run("mount", "-t", "overlay", "-o", layers, "overlay", str(root))
    return root


def unmount(home: Path) -> None:
    """Unmount whatever is mounted of a server; processes that end meanwhile are waited for."""
    for name in ("root", "layers", "lower"):
        directory = home / name

        def gone(directory: Path = directory) -> bool:
            attempt("umount", str(directory))
            return not directory.is_mount()

        until(f"umount {directory}", gone, UNMOUNT_SECONDS)


def snapshot(home: Path, image: Path, base: int, target: Path) -> None:
    """Write what a server's root holds at this moment to an image of its own.

    Args:
        home: the server's directory; the server may run.
        image: where its image is mounted.
        base: the first of the server's users.
        target: the file.
    """
    with tempfile.TemporaryDirectory(dir=home) as temporary:
        disk, layers, upper, root = (Path(temporary, name) for name in ("disk", "layers", "upper", "root"))
        for directory in (layers, upper, root):
            directory.mkdir()
        # The copy is small, writers wait for a moment only.
        run("sync", "--file-system", str(home / "layers"))
        run("fsfreeze", "--freeze", str(home / "layers"))
        try:
            run("cp", "--sparse=always", str(home / "disk"), str(disk))
        finally:
            run("fsfreeze", "--unfreeze", str(home / "layers"))
        try:
            run("mount", "-o", "loop,ro,noload", str(disk), str(layers))
            run(sys.executable, str(IDMAP), str(layers / "upper"), str(upper), str(base), "0")
            run("mount", "-t", "overlay", "-o", f"ro,lowerdir={upper}:{image}", "overlay", str(root))
            write_file_system(root, target)
        finally:
            for directory in (root, upper, layers):
                attempt("umount", str(directory))


def write_file_system(root: Path, target: Path) -> None:
    """Write a directory to a file system that is small, and read only: what `mount_image` takes."""
    run("mkfs.erofs", "--quiet", "-zlz4", str(target), str(root))


def remove(home: Path) -> None:
    """Unmount and delete a server's directory."""
    unmount(home)
    shutil.rmtree(home)
