"""Go: found, too old, missing; and what the pins say."""

import json
import os
import re
from pathlib import Path

import pytest

from lab.engine import EngineError, gotools, toolchain


def _go(directory: Path, version: str, *, says: str = "", fails: str = "") -> str:
    """A `go` that knows its version; `go mod download` prints `says`, or fails with `fails`."""
    script = directory / "go"
    download = f"echo '{fails}' >&2; exit 1" if fails else f"echo '{says}'"
    script.write_text(
        f'#!/bin/sh\n[ "$1" = mod ] || {{ echo go version go{version} linux/amd64; exit; }}\n{download}\n'
    )
    script.chmod(0o755)
    return str(directory)


def test_missing_go_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With what to install, and the way without building."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EngineError, match=r"needs Go 1\.25\.11 or newer, but there is no `go`.*official Pulumi CLI"):
        toolchain.find("1.25.11")


def test_debians_go_fetches_a_newer_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Go 1.19 cannot upgrade itself, but it fetches the newer one as a module, and its programs are made executable."""
    fetched = tmp_path / "module"
    for name in ("bin/go", "pkg/tool/linux_amd64/compile", "src/main.go"):
        (fetched / name).parent.mkdir(parents=True, exist_ok=True)
        (fetched / name).touch(mode=0o444)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", f"{_go(tmp_path, '1.19.8', says=json.dumps({'Dir': str(fetched)}))}:/usr/bin:/bin")
    go = toolchain.find("1.25.11")
    assert go.version == "1.25.11"
    assert os.access(go.path, os.X_OK)
    root = go.path.parents[1]
    assert os.access(root / "pkg/tool/linux_amd64/compile", os.X_OK)
    assert not (root / "src/main.go").stat().st_mode & 0o111


def test_a_newer_go_that_cannot_be_fetched_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With what the old one said, and what to install."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", f"{_go(tmp_path, '1.19.8', fails='no such module')}:/usr/bin:/bin")
    expected = r"needs Go 1\.25\.11 or newer, but .*/go is 1\.19\.8, and fetching .*failed: no such module.*official"
    with pytest.raises(EngineError, match=expected):
        toolchain.find("1.25.11")


def test_an_older_go_is_told_to_upgrade_itself(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """From 1.21 on Go does so, if it is asked."""
    monkeypatch.setenv("PATH", _go(tmp_path, "1.22"))
    assert toolchain.find("1.25.11").environment["GOTOOLCHAIN"] == "go1.25.11"


def test_a_newer_go_is_used_as_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """And the key of what is built has its version."""
    monkeypatch.setenv("PATH", _go(tmp_path, "1.26.8"))
    monkeypatch.delenv("GOTOOLCHAIN", raising=False)
    go = toolchain.find("1.25.11")
    assert (go.version, "GOTOOLCHAIN" in go.environment) == ("1.26.8", False)


@pytest.mark.parametrize("name", gotools.TOOLS)
def test_every_program_is_pinned(name: str) -> None:
    """A directory with go.mod and go.sum, and a package that one of its requirements provides."""
    module = gotools.SOURCES / name
    assert (module / "go.sum").stat().st_size > 0
    package = gotools.TOOLS[name].package
    required = re.findall(r"^\s*(?:require )?(\S+) v\S+", (module / "go.mod").read_text(), re.MULTILINE)
    assert package == "." or any(package == path or package.startswith(f"{path}/") for path in required)


def test_the_cli_is_the_release_it_calls_itself() -> None:
    """The version given to the linker is the one in go.mod."""
    text = (gotools.SOURCES / "pulumi" / "go.mod").read_text()
    assert f"github.com/pulumi/pulumi/pkg/v3 v{gotools.CLI_VERSION}" in text
    assert f"github.com/pulumi/pulumi/sdk/v3 v{gotools.CLI_VERSION}" in text
