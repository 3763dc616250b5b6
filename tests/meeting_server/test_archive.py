import tarfile
from pathlib import Path

from lab import meeting_archive
from lab.meeting_archive import MeetingArchive


def test_packing_twice_gives_the_same_bytes(archive: MeetingArchive, tmp_path: Path) -> None:
    """Shows that packing is reproducible; whether compiling is, is not looked at."""
    meeting_archive._pack(tmp_path)
    assert (tmp_path / "meeting-server.tar.gz").read_bytes() == archive.path.read_bytes()


def test_archive_holds_what_runs_and_nothing_it_was_made_from(archive: MeetingArchive) -> None:
    with tarfile.open(archive.path) as tar:
        members = {member.name: member for member in tar}
    worker = members["server/node_modules/mediasoup/worker/out/Release/mediasoup-worker"]
    assert worker.mode == 0o755
    assert {"server/server.js", "server/config/config.example.js", "server/package-lock.json"} <= members.keys()
    assert "server/config/config.js" not in members  # the deployment's
    assert not [name for name in members if name.endswith((".cpp", ".hpp", ".o"))]
    assert {(member.mtime, member.uid, member.gid) for member in members.values()} == {(0, 0, 0)}
    assert archive.path.stat().st_size < 15 * 2**20


def test_lock_file_names_no_registry() -> None:
    assert '"resolved"' not in (meeting_archive.SERVER / "package-lock.json").read_text()
