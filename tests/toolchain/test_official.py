"""Which engine is used: the official one where it is there and new enough."""

import os
from pathlib import Path

import pytest

from lab import engine
from lab.engine import installation, official


def _pulumi(directory: Path, version: str) -> str:
    directory.mkdir(parents=True)
    script = directory / "pulumi"
    script.write_text(f"#!/bin/sh\necho v{version}\n")
    script.chmod(0o755)
    return str(directory)


@pytest.mark.parametrize("version", ["3.259.0", "3.260.1", "4.0.0"])
def test_new_enough_is_used(tmp_path: Path, version: str) -> None:
    """The minimum itself, and all that is newer."""
    assert official.find(_pulumi(tmp_path / "bin", version)) == tmp_path / "bin" / "pulumi"


@pytest.mark.parametrize("version", ["3.258.9", "3.99.0", "2.300.0"])
def test_older_is_not_used(tmp_path: Path, version: str, capsys: pytest.CaptureFixture[str]) -> None:
    """And it is said, so that nobody wonders why something is built."""
    assert official.find(_pulumi(tmp_path / "bin", version)) is None
    assert f"is {version}, older than 3.259.0: not used" in capsys.readouterr().err


def test_a_pulumi_that_does_not_run_is_not_used(tmp_path: Path) -> None:
    """A broken one counts as no version."""
    (tmp_path / "pulumi").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "pulumi").chmod(0o755)
    assert official.find(str(tmp_path)) is None


def test_what_was_built_here_is_not_official(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a shell that has the engine's environment already, the same engine is found again."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    own = _pulumi(tmp_path / "cache" / "multiparty-meeting-ha" / "engine" / "key" / "bin", "3.259.0")
    assert official.find(own) is None


def test_with_an_official_engine_nothing_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No build, no variable: it fetches its own plugins."""
    monkeypatch.setenv("PATH", _pulumi(tmp_path / "bin", "3.259.0"))
    monkeypatch.setattr(installation, "install", lambda: pytest.fail("nothing must be built"))
    assert engine.environment() == dict(os.environ)
