"""A package of Debian's that is read and not installed."""

import re
import subprocess
from pathlib import Path

from lab.cache import built


class PackageError(Exception):
    """The package cannot be had; the message says why."""


def cloud_init_package() -> Path:
    """The files of Debian's cloud-init, kept in the user's cache under the package's version.

    Raises:
        PackageError: apt does not know it, or does not reach it.
    """
    policy = subprocess.run(
        ["apt-cache", "policy", "cloud-init"], capture_output=True, text=True, check=True, timeout=60
    ).stdout
    version = re.search(r"Candidate: (\d\S*)", policy)
    if version is None:
        raise PackageError("Debian's package lists have no cloud-init: apt-get update")
    try:
        return built("cloud-init", re.sub(r"[^\w.+-]", "_", version[1]), _download)
    except subprocess.CalledProcessError as error:
        raise PackageError(f"cloud-init {version[1]} cannot be fetched: {error.stderr.decode().strip()}") from error


def _download(directory: Path) -> None:
    command = ["apt-get", "-qq", "-o", "APT::Sandbox::User=root", "download", "cloud-init"]
    subprocess.run(command, cwd=directory, check=True, timeout=120, capture_output=True)
    (package,) = directory.glob("cloud-init_*.deb")
    subprocess.run(["dpkg", "-x", str(package), str(directory)], check=True, timeout=60)
    package.unlink()
