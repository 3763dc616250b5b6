"""config.js as each of upstream's releases loads it: nothing that it does not read, nothing missing, no placeholder."""

import json
from pathlib import Path
from typing import Any

import pytest

from boot.meeting.config_js import config_js
from tests.configuration import settings
from tests.contract.contract import RELEASES, Release, leaves
from tests.unit.boot.golden import ANNOUNCED_IP, TURN_AND_REGISTRY

_TURN_HOST = "turn.organisation.fr"
_ROLES = {"accessFromRoles", "permissionsFromRoles", "allowWhenRoleMissing", "userMapping"}


def _write(server: str, directory: Path, changes: dict[str, Any] | None = None) -> Path:
    given = settings("gra", {"env.meeting.server": server, "env.redis.access": "proxy", **(changes or {})})
    path = directory / "config.js"
    path.write_text(config_js(given, 1, ANNOUNCED_IP))
    return path


def _ship(release: Release, directory: Path) -> None:
    """The example beside config.js: of 3.4 the whole, of 3.5 the role tables alone."""
    shipped = release.data["shipped"]
    if release.data["replaces"]:
        shipped = {key: value for key, value in shipped.items() if key in _ROLES}
    (directory / "config.example.js").write_text(f"module.exports = {json.dumps(shipped)};")


@pytest.mark.parametrize("beside", [False, True], ids=["alone", "beside the example"])
@pytest.mark.parametrize("server", RELEASES)
def test_the_release_finds_all_that_it_reads(server: str, beside: bool, tmp_path: Path) -> None:
    """Whether or not its example lies beside config.js; what the example says for itself alone is not ours."""
    release = Release(server)
    config = _write(server, tmp_path)
    exported, read = release.load(config)
    if beside:
        _ship(release, tmp_path)
        _, read = release.load(config)
    assert release.broken(exported, read) == []


@pytest.mark.parametrize("server", RELEASES)
def test_browsers_are_told_of_the_operators_turn_server_alone(server: str, tmp_path: Path) -> None:
    """Under the name that the release reads; with the credential."""
    release = Release(server)
    config = _write(server, tmp_path, TURN_AND_REGISTRY)
    exported, _ = release.load(config)
    _ship(release, tmp_path)
    _, read = release.load(config)
    assert read["backupTurnServers"] == [
        {
            "urls": [f"turn:{_TURN_HOST}:3478?transport=udp"],
            "username": "meeting",
            "credential": TURN_AND_REGISTRY["turn_credential"],
        }
    ]
    assert release.broken(exported, read, frozenset({_TURN_HOST})) == []


@pytest.mark.parametrize("server", RELEASES)
def test_a_placeholder_of_the_example_reaches_nobody(server: str, tmp_path: Path) -> None:
    """The release's own configuration, as it ships, breaks the contract in each of these ways; ours in none."""
    release = Release(server)
    shipped = release.data["shipped"]
    broken = " ".join(release.broken(shipped, shipped))
    for said in ("a placeholder", "a host that no setting names", "browsers are told of it", "no SFU"):
        assert said in broken, broken
    config = _write(server, tmp_path)
    _ship(release, tmp_path)
    _, read = release.load(config)
    assert "example" not in json.dumps(read)


@pytest.mark.parametrize("server", RELEASES)
def test_each_key_that_is_lost_or_misspelt_breaks_the_contract(server: str, tmp_path: Path) -> None:
    """Also one that the example beside it would fill in: an image may lack it."""
    release = Release(server)
    config = _write(server, tmp_path)
    exported, _ = release.load(config)
    kept = []
    for key in leaves(exported):
        for name in (None, f"{key.rpartition('.')[2]}s"):
            if not release.broken(*release.load(config, (key.split("."), name))):
                kept.append((key, name))
    assert kept == []
    assert len(leaves(exported)) >= len(release.data["needed"])
