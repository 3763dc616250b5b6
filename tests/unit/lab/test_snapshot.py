"""What a cloud's first start leaves in the cache, also where the cache is on another file system."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from lab.cloud import shell, snapshot


def test_images_are_copied_where_they_cannot_be_linked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """`cp` says no to a second name on another file system."""

    def run(argv: Sequence[str]) -> str:
        if "-al" in argv:
            raise shell.LabError("cp: cannot create hard link: Invalid cross-device link")
        return shell.run(argv)

    monkeypatch.setattr(snapshot, "run", run)
    source, target = tmp_path / "source", tmp_path / "target"
    for directory in ("mysql", "keystone", "glance-gra11/images"):
        (source / directory).mkdir(parents=True)
    (source / "glance-gra11/images/id").write_text("an image")
    target.mkdir()
    snapshot._copy(source, target)
    assert (target / "glance-gra11/images/id").read_text() == "an image"
