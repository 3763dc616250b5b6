"""The workspace of the lab's stacks: written anew with other settings, it keeps what was done to a site."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from fleet.stacks import stacks
from lab import own_server, workspace
from lab.cloud.shell import LabError
from lab.meeting_archive import MeetingArchive
from settings import PROJECT
from settings.load import SECRET_KEYS, load_settings
from settings.servers import ServerName
from tests.configuration import IMAGE_ID, OPERATOR_KEY, SECRETS


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


@pytest.mark.parametrize("stack", workspace.STACKS)
@pytest.mark.parametrize("kind", [None, "edumeet-3.5"])
def test_the_program_takes_the_labs_settings(tmp_path: Path, stack: str, kind: ServerName | None) -> None:
    """As they are written, with the secrets that the lab adds: else nothing of it could be deployed."""
    archive = MeetingArchive(Path("server.tar.gz"), "0" * 64)
    operators = {"operators": {"cidrs": ["198.51.100.0/28"], "ssh_public_key": OPERATOR_KEY}}
    workspace.write(tmp_path, archive, "http://x/y", "9.9.9.9", server=kind, changes=operators)
    config: dict[str, Any] = {}
    for name in ("Pulumi.yaml", f"Pulumi.{stack}.yaml"):
        config |= yaml.safe_load((tmp_path / name).read_text())["config"]
    config = {key.removeprefix(f"{PROJECT}:"): value for key, value in config.items()}
    config["environments"] = config["environments"]["value"]
    config["image"]["id"] = IMAGE_ID
    receivers = dict.fromkeys(("alert_webhook_url", "dead_mans_switch_url"), "http://192.0.2.1/x")
    config |= SECRETS | receivers | {"edge_certificate": "PEM", "edge_key": "PEM"}
    values = {key: value if isinstance(value, str) else json.dumps(value) for key, value in config.items()}
    settings = load_settings(values, stack=stack, encrypted=SECRET_KEYS)
    assert settings.env.meeting.server == (kind or "multiparty-meeting")


def test_one_site_has_several_meeting_servers(tmp_path: Path) -> None:
    _write(tmp_path)
    (gra,) = stacks(["lab-gra"], tmp_path)
    assert gra.environment()["sites"]["gra"]["meeting_nodes"] == 2


@pytest.mark.parametrize("kind", ["edumeet-3.4", "edumeet-3.5"])
def test_a_server_of_ones_own_takes_the_stand_ins_place(tmp_path: Path, kind: ServerName) -> None:
    """With the way to Redis that it knows, and nothing of the stand-in's; without it the stand-in is back."""
    archive = MeetingArchive(Path("own.tar.gz"), "1" * 64)
    workspace.write(tmp_path, archive, "http://x/own", "9.9.9.9", server=kind)
    (gra,) = stacks(["lab-gra"], tmp_path)
    meeting = gra.environment()["meeting"]
    assert (meeting["server"], meeting["delivery"]["url"]) == (kind, "http://x/own")
    assert "config" not in meeting
    assert gra.environment()["redis"] == {"access": "proxy"}
    _write(tmp_path)
    (gra,) = stacks(["lab-gra"], tmp_path)
    assert gra.environment()["meeting"]["server"] == "multiparty-meeting"
    assert "redis" not in gra.environment()


def test_a_server_that_would_not_start_is_refused_with_what_it_lacks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before anything is deployed; one that has all is taken, and the stand-in again where none is named."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    server, home = tmp_path / "server", tmp_path / "home"
    with pytest.raises(LabError, match=r"there is no dist/server\.js"):
        own_server.choose(home, server, "edumeet-3.5")
    for name in ("dist/server.js", "package.json"):
        (server / name).parent.mkdir(parents=True, exist_ok=True)
        (server / name).write_text("")
    with pytest.raises(LabError, match=r"it lacks server/node_modules/mediasoup/.*, server/dist/public/index\.html"):
        own_server.choose(home, server, "edumeet-3.5")
    for name in own_server.needs("edumeet-3.5"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    own_server.choose(home, server, "edumeet-3.5")
    found = own_server.chosen(home)
    assert found
    assert found.kind == "edumeet-3.5"
    assert hashlib.sha256(found.archive.path.read_bytes()).hexdigest() == found.archive.sha256
    own_server.choose(home, None, "edumeet-3.5")
    assert own_server.chosen(home) is None
