"""The distribution's packages that the lab needs: libraries and programs, none of them started or configured."""

import grp
import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fleet.progress import phase, say
from lab.cache import state_home
from lab.cloud.shell import LabError

PACKAGE_LIST = Path(__file__).parent / "packages.txt"
POLICY = Path("/usr/sbin/policy-rc.d")
REFUSE = "#!/bin/sh\nexit 101\n"  # "action forbidden by policy"
# Often installed from elsewhere, in a newer release: then the distribution's packages would only clash with it.
UNLESS_THERE = {"npm": ("nodejs", "npm"), "go": ("golang-go",)}
LIBVIRT_USER = "libvirt-qemu"  # libvirt's QEMU driver does not start without it; its package is not installed


def install() -> None:
    """Install what is missing.

    Raises:
        LabError: not root, or apt failed.
    """
    if os.geteuid():
        raise LabError("packages are installed by root")
    missing = [package for package in packages(PACKAGE_LIST) if not installed(package)]
    missing += [package for program, names in UNLESS_THERE.items() if not shutil.which(program) for package in names]
    if missing:
        log = state_home() / "lab" / "install.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        with phase(f"install {len(missing)} packages", usually="about 3 min", log=log), starting_nothing():
            _apt(["update", "-q"], log)
            _apt(["install", "-y", "-q", "--no-install-recommends", *missing], log)
    else:
        say("every package is there")
    for group in ("kvm", LIBVIRT_USER):
        if group not in {entry.gr_name for entry in grp.getgrall()}:
            subprocess.run(["groupadd", "-r", group], check=True)
    if LIBVIRT_USER not in {entry.pw_name for entry in pwd.getpwall()}:
        subprocess.run(["useradd", "-r", "-M", "-g", LIBVIRT_USER, "-s", "/usr/sbin/nologin", LIBVIRT_USER], check=True)


def packages(file: Path) -> list[str]:
    """The names in a list of packages; lines that begin with # are comments."""
    return [name for line in file.read_text().splitlines() if not line.startswith("#") for name in line.split()]


def installed(package: str) -> bool:
    """Whether dpkg has a package in full."""
    query = ["dpkg-query", "-W", "-f", "${db:Status-Status}", package]
    return subprocess.run(query, capture_output=True, text=True, check=False).stdout == "installed"


@contextmanager
def starting_nothing(policy: Path = POLICY) -> Iterator[None]:
    """Keep package scripts from starting servers; a policy that is there already stays as it is."""
    if policy.exists():
        yield
        return
    policy.write_text(REFUSE)
    policy.chmod(0o755)
    try:
        yield
    finally:
        policy.unlink()


def _apt(arguments: list[str], log: Path) -> None:
    with log.open("ab") as out:
        env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        done = subprocess.run(["apt-get", *arguments], env=env, stdout=out, stderr=out, check=False)
    if done.returncode:
        raise LabError(f"apt-get {arguments[0]} failed; see {log}")
