#!/usr/bin/python3
"""Have a daemon take a bundle of configuration files from standard input; see `boot.live.Bundle`.

Written beside the old files, judged by the daemon, swapped in, reloaded. Whatever fails, the old files are in their
place afterwards, the daemon runs with them, and its message is on stderr.
"""

import ctypes
import fcntl
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import yaml

HOME = Path("/etc/multiparty")
LOCK = Path("/run/multiparty-apply.lock")
SERVING_SECONDS = 120
LOG_LINES = "15"
_HERE, _EXCHANGE = -100, 2  # AT_FDCWD of fcntl.h, RENAME_EXCHANGE of linux/fs.h


def main() -> int:
    """1 with the reason when the bundle is not taken."""
    bundle = yaml.safe_load(sys.stdin)
    name = bundle["name"]
    live, new, old = HOME / name, HOME / f"{name}.new", HOME / f"{name}.old"
    with LOCK.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        write(new, bundle["files"], bundle["group"])
        judged = shell(bundle["check"], new)
        if judged.returncode:
            shutil.rmtree(new)
            return refused(f"{name}: refused, nothing was changed", judged.stdout + judged.stderr)
        swap(new, live, old)
        reason = take(bundle)
        if reason:
            if old.exists():
                exchange(old, live)
                shutil.rmtree(old)
                shell(bundle["reload"], live)
            return refused(f"{name}: the daemon did not take it, the files are the old ones", reason)
        shutil.rmtree(old, ignore_errors=True)
    print(f"{name}: {', '.join(sorted(bundle['files']))}")
    return 0


def write(directory: Path, files: dict[str, str], group: str) -> None:
    """The files, readable by root and the group alone from their first byte on."""
    shutil.rmtree(directory, ignore_errors=True)
    for inner in sorted({directory, *((directory / file).parent for file in files)}):
        inner.mkdir(mode=0o750, parents=True)
        shutil.chown(inner, group=group)
    for file, content in files.items():
        (directory / file).touch(0o640)
        with (directory / file).open("w") as written:
            written.write(content)
            written.flush()
            os.fsync(written.fileno())
        shutil.chown(directory / file, group=group)


def swap(new: Path, live: Path, old: Path) -> None:
    """The new directory in the live one's place, which is kept; at no moment, a power cut's neither, is there none."""
    shutil.rmtree(old, ignore_errors=True)
    if not live.exists():
        new.rename(live)
        return
    exchange(new, live)
    new.rename(old)


def exchange(one: Path, other: Path) -> None:
    """Each in the other's place, at once."""
    if ctypes.CDLL(None, use_errno=True).renameat2(_HERE, bytes(one), _HERE, bytes(other), _EXCHANGE):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), str(other))


def take(bundle: dict[str, str]) -> str:
    """Reload and wait until the daemon serves; what went wrong, or nothing."""
    reloaded = shell(bundle["reload"])
    if reloaded.returncode:
        return reloaded.stdout + reloaded.stderr + log(bundle["unit"])
    deadline = time.monotonic() + SERVING_SECONDS
    while (serving := shell(bundle["serving"])).returncode:
        if time.monotonic() > deadline:
            said = serving.stdout + serving.stderr
            return f"not serving after {SERVING_SECONDS} s: {bundle['serving']}\n{said}{log(bundle['unit'])}"
        time.sleep(1)
    return ""


def log(unit: str) -> str:
    """The end of a unit's log."""
    command = ["journalctl", "--unit", unit, "--lines", LOG_LINES, "--output", "cat", "--no-pager"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def shell(command: str, directory: Path = Path("/")) -> "subprocess.CompletedProcess[str]":
    """One of the bundle's commands, with $DIR."""
    environment = {**os.environ, "DIR": str(directory)}
    return subprocess.run(["sh", "-c", command], env=environment, capture_output=True, text=True, check=False)


def refused(what: str, why: str) -> int:
    """Say so, and the exit status."""
    print(f"{what}\n{why.strip()}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
