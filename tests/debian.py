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
    try:
        return _built()
    except subprocess.CalledProcessError as error:
        raise PackageError(f"cloud-init cannot be fetched: {error} {error.stderr}") from error
    except subprocess.TimeoutExpired as late:
        raise PackageError(f"cloud-init cannot be fetched: {late}") from late


def _built() -> Path:
    policy = subprocess.run(
        ["apt-cache", "policy", "cloud-init"], capture_output=True, text=True, check=True, timeout=60
    ).stdout
    version = re.search(r"Candidate: (\d\S*)", policy)
    if version is None:
        raise PackageError("Debian's package lists have no cloud-init: apt-get update")
    return built("cloud-init", re.sub(r"[^\w.+-]", "_", version[1]), _download)


def _download(directory: Path) -> None:
    command = ["apt-get", "-qq", "-o", "APT::Sandbox::User=root", "download", "cloud-init"]
    subprocess.run(command, cwd=directory, check=True, timeout=120, capture_output=True)
    (package,) = directory.glob("cloud-init_*.deb")
    subprocess.run(["dpkg", "-x", str(package), str(directory)], check=True, timeout=60)
    package.unlink()
