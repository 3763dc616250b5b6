"""The stand-in meeting server as an archive: its files, its Node packages and the SFU's worker, built from source.

`python -m lab meeting-archive` prints the archive's path and SHA-256. The worker of mediasoup 3.7.19 is the slow part;
it is kept apart, so that a changed server does not compile it again. Needs npm and a C++ compiler: build-essential.
"""

import gzip
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fleet.progress import phase
from lab.cache import built, cache_home, content_key

ROOM = Path(__file__).parent / "meeting_server"
SERVER = ROOM / "server"
BUILD = ROOM / "build"
PACKAGES = [SERVER / "package.json", SERVER / "package-lock.json"]
WORKER = Path("mediasoup/worker/out/Release/mediasoup-worker")
# What of mediasoup's package runs; the rest is the sources that the worker is made from.
MEDIASOUP_KEPT = {"LICENSE", "lib", "package.json"}


@dataclass(frozen=True)
class MeetingArchive:
    """A gzipped tar with `server/` at its top, and its SHA-256 in hexadecimal."""

    path: Path
    sha256: str


def build() -> MeetingArchive:
    """The archive of the server as it is in the checkout, from the cache when nothing changed."""
    directory = built("meeting-archive", content_key(SERVER, BUILD, Path(__file__)), _pack)
    path = directory / "meeting-server.tar.gz"
    return MeetingArchive(path, hashlib.sha256(path.read_bytes()).hexdigest())


def _pack(work: Path) -> None:
    modules = built("meeting-modules", content_key(*PACKAGES, BUILD, Path(__file__)), _install)
    sources = ((file, Path("server") / file.relative_to(SERVER)) for file in _files(SERVER))
    packages = ((file, Path("server") / file.relative_to(modules)) for file in _files(modules / "node_modules"))
    pack(work / "meeting-server.tar.gz", [*sources, *packages])


def pack(target: Path, files: list[tuple[Path, Path]]) -> None:
    """Write an archive of files, each by its name in it: the same bytes for the same files."""
    with (
        target.open("wb") as raw,
        gzip.GzipFile("", "wb", compresslevel=9, fileobj=raw, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.GNU_FORMAT) as tar,
    ):
        for file, name in sorted(files, key=lambda pair: pair[1]):
            info = tarfile.TarInfo(name.as_posix())
            info.size = file.stat().st_size
            info.mode = 0o755 if os.access(file, os.X_OK) else 0o644
            with file.open("rb") as content:
                tar.addfile(info, content)


def _files(top: Path) -> Iterator[Path]:
    """Files below `top`, without a `node_modules` inside a checkout's server and without npm's links to commands."""
    for file in top.rglob("*"):
        inside = file.relative_to(top).parts
        if file.is_file() and ".bin" not in inside and not (top == SERVER and "node_modules" in inside):
            yield file


def _install(work: Path) -> None:
    """`node_modules` as the lock file says, with the worker and without what it was made from."""
    for file in PACKAGES:
        shutil.copy(file, work)
    log = _log("npm")
    with phase("install the meeting server's Node packages", usually="about 20 s", log=log):
        # No package may run a script at installation: mediasoup's own would try to build its worker unpatched.
        _run(["npm", "ci", "--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund"], cwd=work, log=log)
    modules = work / "node_modules"
    mediasoup = modules / "mediasoup"
    worker = _worker(mediasoup)
    for entry in mediasoup.iterdir():
        if entry.name not in MEDIASOUP_KEPT:
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    target = modules / WORKER
    target.parent.mkdir(parents=True)
    shutil.copy(worker, target)


def _worker(mediasoup: Path) -> Path:
    """The SFU's worker, compiled from the package's sources unless this version of them was compiled before."""
    version = json.loads((mediasoup / "package.json").read_text())["version"]
    key = content_key(version, " ".join(_compiler_flags(Path("source"))), BUILD)
    return built("mediasoup-worker", key, lambda work: _compile(mediasoup / "worker", work)) / WORKER.name


def _compiler_flags(source: Path) -> list[str]:
    # The directory's name changes from build to build and would be compiled into every assertion.
    return [f"-ffile-prefix-map={source}=worker"]


def _compile(source: Path, work: Path) -> None:
    flags = " ".join(_compiler_flags(source))
    environment = {
        **os.environ,
        "PYTHONPATH": str(BUILD / "python"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "CFLAGS": flags,
        "CXXFLAGS": f"{flags} -include {BUILD / 'sigstksz.h'}",
    }
    log = _log("mediasoup-worker")
    with phase("compile mediasoup's worker", usually="about 6 min on two cores", log=log):
        cores = os.cpu_count() or 1
        _run(["make", f"PYTHON={sys.executable}", f"CORES={cores}"], cwd=source, log=log, env=environment)
    binary = work / WORKER.name
    shutil.copy(source / "out" / "Release" / WORKER.name, binary)
    _run(["strip", str(binary)], cwd=work, log=log)


def _log(name: str) -> Path:
    directory = cache_home() / "logs"
    directory.mkdir(parents=True, exist_ok=True)
    return directory / f"{name}.log"


def _run(command: list[str], *, cwd: Path, log: Path, env: dict[str, str] | None = None) -> None:
    with log.open("ab") as output:
        subprocess.run(command, cwd=cwd, env=env, stdout=output, stderr=subprocess.STDOUT, check=True)


def main() -> int:
    """Print the archive's path and SHA-256."""
    archive = build()
    print(f"{archive.sha256}  {archive.path}")
    return 0
