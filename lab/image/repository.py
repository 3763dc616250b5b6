"""The package repository that the stock guests install from: a flat directory of .deb files."""

import gzip
import shutil
import subprocess
from pathlib import Path

CADDY_CONTROL = """Package: caddy
Version: {version}
Architecture: amd64
Maintainer: lab <lab@localhost>
Depends: passwd
Description: web server, one static binary and its user
"""
CADDY_POSTINST = """#!/bin/sh
set -e
getent group caddy >/dev/null || groupadd --system caddy
getent passwd caddy >/dev/null || useradd --system --gid caddy --create-home --home-dir /var/lib/caddy \\
  --shell /usr/sbin/nologin caddy
"""


def caddy_package(binary: Path, version: str, target: Path) -> None:
    """Pack Caddy as a Debian package that brings the binary and the user; boot documents bring the unit."""
    tree = target / ".caddy"
    (tree / "DEBIAN").mkdir(parents=True)
    (tree / "usr" / "bin").mkdir(parents=True)
    (tree / "DEBIAN" / "control").write_text(CADDY_CONTROL.format(version=version))
    postinst = tree / "DEBIAN" / "postinst"
    postinst.write_text(CADDY_POSTINST)
    postinst.chmod(0o755)
    shutil.copy(binary, tree / "usr" / "bin" / "caddy")
    (tree / "usr" / "bin" / "caddy").chmod(0o755)
    package = target / f"caddy_{version}_amd64.deb"
    subprocess.run(
        ["dpkg-deb", "--root-owner-group", "-Zgzip", "-z1", "--build", tree, package],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    shutil.rmtree(tree)


def index(directory: Path) -> None:
    """Write the repository's index over the packages in a directory."""
    done = subprocess.run(["apt-ftparchive", "packages", "."], cwd=directory, check=True, stdout=subprocess.PIPE)
    (directory / "Packages").write_bytes(done.stdout)
    (directory / "Packages.gz").write_bytes(gzip.compress(done.stdout))
    release = subprocess.run(["apt-ftparchive", "release", "."], cwd=directory, check=True, stdout=subprocess.PIPE)
    (directory / "Release").write_bytes(release.stdout)
