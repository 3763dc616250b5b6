"""The workspace of the lab's stacks: written anew with other settings, it keeps what was done to a site."""

from pathlib import Path

from fleet.stacks import stacks
from lab import workspace
from lab.meeting_archive import MeetingArchive


def _write(directory: Path, **changes: object) -> None:
    workspace.write(
        directory, MeetingArchive(Path("server.tar.gz"), "0" * 64), "http://x/y", "9.9.9.9", changes=changes
    )


def test_a_renewed_site_stays_renewed(tmp_path: Path) -> None:
    """Else the next `pulumi up` would replace all of its servers once more."""
    _write(tmp_path)
    workspace.renew(tmp_path, "lab-sbg")
    workspace.renew(tmp_path, "lab-sbg")
    _write(tmp_path, participants=10)
    gra, sbg = stacks(["lab-gra", "lab-sbg"], tmp_path)
    assert sbg.raw()["generation"] == 3
    assert "generation" not in gra.raw()
    assert sbg.environment()["participants"] == 10


def test_one_site_has_several_meeting_servers(tmp_path: Path) -> None:
    _write(tmp_path)
    (gra,) = stacks(["lab-gra"], tmp_path)
    assert gra.environment()["sites"]["gra"]["meeting_nodes"] == 2
