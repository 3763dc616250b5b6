"""The stand-in as a container image by upstream's conventions, in a registry that the lab's servers pull from.

Its entry point needs variables that the image does not have, it names no user, and its configuration is not in it.
"""

import re
import shutil
import subprocess
import tarfile
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fleet.until import until
from lab.cache import built, content_key
from lab.cloud import layout
from lab.cloud.shell import LabError
from lab.lab import Lab
from lab.meeting_archive import MeetingArchive
from settings.servers import SERVERS, ServerName

# Debian's docker-registry; the guest image has it as one that speaks plain HTTP.
PORT = 5000
NAME = "meeting"
_HOME = "opt/edumeet/server"
_SEARCHED = ("/bin", "/usr/bin", "/usr/sbin", "/sbin")
_DIRECTORIES = ("bin", "dev", "etc", "proc", "run", "sys", "tmp", "var/tmp")
_CONFIG = """\
version: 0.1
log: {{level: error}}
storage: {{filesystem: {{rootdirectory: {storage}}}}}
http: {{addr: {host}:{port}}}
"""


def lay_out(root: Path, program: str) -> None:
    """A root directory with a shell, Debian's Node.js, and an entry point like that of upstream's image.

    Args:
        root: the directory; the server is yet to come, below `/opt/edumeet/server`.
        program: what Node.js runs, from the server's directory.
    """
    for directory in (*_DIRECTORIES, _HOME):
        (root / directory).mkdir(parents=True)
    for command, name in (("dash", "sh"), ("node", "node")):
        source = shutil.which(command, path=":".join(_SEARCHED))
        if source is None:
            raise LabError(f"{command} is not installed: python -m lab install")
        shutil.copy(source, root / "bin" / name)
        linked = subprocess.run(["ldd", source], capture_output=True, text=True, check=True).stdout
        for library in re.findall(r"(/\S+)", linked):
            target = root / library.lstrip("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(library, target)
    entry = root / "docker-entrypoint.sh"
    entry.write_text(f"#!/bin/sh\ncd ${{BASEDIR}}/${{EDUMEET}}/server || exit 2\nexec node {program}\n")
    entry.chmod(0o755)


class Podman:
    """Podman with images and containers of its own, below a directory."""

    def __init__(self, home: Path) -> None:
        # Of a run root podman takes 50 characters at most. A machine with cgroups of both versions has no crun.
        # A storage belongs to its run root: another one's, left by a run that was cut off, would be refused.
        self._run_root = Path(tempfile.mkdtemp(prefix="podman-"))
        self._storage = Path(tempfile.mkdtemp(prefix="storage-", dir=home))
        self._command = ["podman", "--runtime", "runc", "--cgroup-manager", "cgroupfs"]
        self._command += ["--root", str(self._storage), "--runroot", str(self._run_root)]

    def run(self, *words: str, seconds: float = 120) -> "subprocess.CompletedProcess[str]":
        """A command of podman's."""
        return subprocess.run([*self._command, *words], capture_output=True, text=True, check=False, timeout=seconds)

    def take(self, root: Path, image: str) -> None:
        """Make an image of a root directory.

        Raises:
            LabError: podman refuses it.
        """
        tar = self._run_root / "root.tar"
        with tarfile.open(tar, "w") as archive:
            archive.add(root, ".")
        change = ("--change", 'ENTRYPOINT ["/docker-entrypoint.sh"]', "--change", "ENV PATH=/bin")
        self._must("import", *change, str(tar), image)
        tar.unlink()

    def push(self, image: str) -> str:
        """Push an image to the registry that its name begins with, over plain HTTP; its digest.

        Raises:
            LabError: the registry does not take it.
        """
        digest = self._run_root / "digest"
        self._must("push", "--tls-verify=false", "--digestfile", str(digest), image)
        return digest.read_text().strip()

    def end(self) -> None:
        """Give everything back."""
        self.run("system", "prune", "--all", "--force")
        for directory in (self._run_root, self._storage):
            shutil.rmtree(directory, ignore_errors=True)

    def _must(self, *words: str) -> None:
        done = self.run(*words)
        if done.returncode:
            raise LabError(f"podman {words[0]}: {done.stderr[-2000:]}")


@contextmanager
def pulled_from(lab: Lab, archive: MeetingArchive, server: ServerName) -> Iterator[str]:
    """A registry inside the lab that has the server as an image, while it is entered; the image by digest.

    Raises:
        LabError: the image cannot be made, or the registry does not take it.
        TimeoutError: the registry does not answer.
    """
    key = content_key(archive.sha256, server, Path(__file__))
    root = built("meeting-image", key, lambda work: _fill(work, archive, SERVERS[server].program)) / "root"
    host = f"{layout.SERVICES_HOST}:{PORT}"
    storage = lab.home / "registry"
    storage.mkdir(exist_ok=True)
    config = storage / "config.yml"
    config.write_text(_CONFIG.format(storage=storage, host=layout.SERVICES_HOST, port=PORT))
    log = lab.log / "registry.out"
    with lab.network(), log.open("ab") as out:
        process = subprocess.Popen(["docker-registry", "serve", str(config)], stdout=out, stderr=out)
        podman = Podman(storage)
        try:
            until(lambda: _silent(host), seconds=20, what=f"the registry at {host}", pause=0.2)
            podman.take(root, f"{host}/{NAME}:{server}")
            yield f"{host}/{NAME}@{podman.push(f'{host}/{NAME}:{server}')}"
        finally:
            podman.end()
            process.terminate()
            process.wait(timeout=10)


def _fill(work: Path, archive: MeetingArchive, program: str) -> None:
    root = work / "root"
    lay_out(root, program)
    home = root / _HOME / Path(program).parent
    with tarfile.open(archive.path) as packed:
        packed.extractall(work / "unpacked", filter="data")
    shutil.copytree(work / "unpacked" / "server", home, dirs_exist_ok=True)
    shutil.rmtree(work / "unpacked")


def _silent(host: str) -> str:
    """What is missing until the registry answers; nothing once it does."""
    with urllib.request.urlopen(f"http://{host}/v2/", timeout=5) as answer:
        return "" if answer.status == 200 else f"HTTP {answer.status}"
