"""A meeting server of one's own in the stand-in's place on the lab: a directory that `node` starts, or its archive."""

import hashlib
import json
import tarfile
from dataclasses import dataclass
from pathlib import Path

from lab.cache import built, content_key
from lab.cloud.shell import LabError
from lab.meeting_archive import MeetingArchive, pack
from settings.servers import SERVERS, ServerName

_CHOICE = "meeting-server.json"


@dataclass(frozen=True)
class OwnServer:
    """Which server the lab deploys.

    Attributes:
        archive: its archive.
        kind: its `meeting.server`.
    """

    archive: MeetingArchive
    kind: ServerName


def chosen(home: Path) -> OwnServer | None:
    """What the lab with this state directory deploys in the stand-in's place; None: the stand-in."""
    choice = home / _CHOICE
    if not choice.exists():
        return None
    given = json.loads(choice.read_text())
    return OwnServer(MeetingArchive(Path(given["path"]), given["sha256"]), given["kind"])


def choose(home: Path, given: Path | None, kind: ServerName) -> None:
    """Have a lab deploy a server, or the stand-in again.

    Raises:
        LabError: it would not start; with what it lacks.
    """
    if given is None:
        (home / _CHOICE).unlink(missing_ok=True)
        return
    path = given.resolve() if given.is_file() else _packed(given.resolve(), kind)
    if lacking := [name for name in needs(kind) if name not in _names(path)]:
        raise LabError(f"{given} is no {kind} that node starts: it lacks {', '.join(lacking)}")
    home.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    (home / _CHOICE).write_text(json.dumps({"path": str(path), "sha256": digest, "kind": kind}))


def needs(kind: ServerName) -> list[str]:
    """What an archive has to have: the server as it runs, its packages, the SFU's worker, the web app."""
    server = SERVERS[kind]
    worker = "node_modules/mediasoup/worker/out/Release/mediasoup-worker"
    return [f"server/{name}" for name in (server.program, worker, f"{server.public}/index.html")]


def _packed(directory: Path, kind: ServerName) -> Path:
    if not (directory / SERVERS[kind].program).is_file():
        raise LabError(f"{directory} is no {kind} that node starts: there is no {SERVERS[kind].program}")
    files = [file for file in directory.rglob("*") if file.is_file()]
    key = content_key(*(f"{file} {file.stat().st_size} {file.stat().st_mtime_ns}" for file in sorted(files)))
    target = "meeting-server.tar.gz"

    def write(work: Path) -> None:
        pack(work / target, [(file, Path("server") / file.relative_to(directory)) for file in files])

    return built("own-meeting-server", key, write) / target


def _names(path: Path) -> set[str]:
    try:
        with tarfile.open(path) as tar:
            return {name.removeprefix("./") for name in tar.getnames()}
    except tarfile.TarError as error:
        raise LabError(f"{path} is no archive: {error}") from error
