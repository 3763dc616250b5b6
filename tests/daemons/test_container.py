"""The meeting server's container, run by podman as its unit says: upstream's conventions, and no right too many."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lab.meeting_image import Podman, lay_out
from tests.unit.boot.test_container import run_step
from tests.unit.disk import files

# Says what it was given, and what it may do.
_SERVER = """\
const fs = require('fs');
const status = fs.readFileSync('/proc/self/status', 'utf8');
const may = (path) => { try { fs.writeFileSync(path, 'x'); return true; } catch (error) { return error.code; } };
const web = fs.readFileSync('public/config/config.js', 'utf8');
process.stdout.write(JSON.stringify({
  config: require('./config/config.js'), web: web.slice(0, 12), env: process.env,
  capabilities: /^CapEff:\\s*(\\S+)$/m.exec(status)[1], bounding: /^CapBnd:\\s*(\\S+)$/m.exec(status)[1],
  newRights: /^NoNewPrivs:\\s*(\\S+)$/m.exec(status)[1], init: fs.readFileSync('/proc/1/comm', 'utf8').trim(),
  image: may('/opt/edumeet/server/x'), config_js: may('/opt/edumeet/server/config/config.js'), tmp: may('/tmp/x'),
}));
"""
# What only systemd, or a server of its own, has.
_OF_THE_UNIT = ("--cgroups split", "--sdnotify conmon", "--log-driver journald", "--detach", "--replace")
_IMAGE = "localhost/meeting:test"


_LIMITS = ("--ulimit=nofile=1024:1024", "--ulimit=nproc=4096:4096")  # a container itself may raise no limit


def start(podman: Podman, command: str) -> "subprocess.CompletedProcess[str]":
    """What a unit's ExecStart starts, in the foreground and beside systemd."""
    for words in _OF_THE_UNIT:
        assert words in command
        command = command.replace(f"{words} ", "")
    run, *rest = command.removeprefix("/usr/bin/podman ").split()
    return podman.run(run, *_LIMITS, *rest)


@pytest.fixture(scope="module")
def podman(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Podman]:
    """With an image by upstream's conventions: no USER, the server below /opt, its configuration not in it."""
    home = tmp_path_factory.mktemp("podman")
    root = home / "image"
    lay_out(root, "server.js")
    server = root / "opt/edumeet/server"
    (server / "public/config").mkdir(parents=True)
    (server / "server.js").write_text(_SERVER)
    engine = Podman(home)
    engine.take(root, _IMAGE)
    yield engine
    engine.end()


def _command(name: str, root: Path) -> str:
    """The unit's command with the server's files below `root`, as the boot steps lay them out."""
    seed, mounted = root / "seed", root / "container"
    seed.mkdir()
    for path, text in files(name).items():
        if path.startswith("/etc/multiparty/meeting/"):
            (seed / Path(path).name).write_text(text)
    done = run_step(name, "40-meeting-container-files", root, SEED=seed, CONTAINER_FILES=mounted)
    assert done.returncode == 0, done.stderr
    unit = files(name)["/etc/systemd/system/multiparty-meeting.service"]
    command = re.search(r"^ExecStart=(.*)$", unit, re.MULTILINE)
    assert command
    *words, _ = command[1].split()
    return (
        " ".join([*words, _IMAGE])
        .replace("/etc/multiparty-meeting/container/", f"{mounted}/")
        .replace("/etc/multiparty/meeting/", f"{seed}/")
    )


def _said(done: "subprocess.CompletedProcess[str]") -> dict[str, Any]:
    assert done.returncode == 0, done.stderr
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def test_an_image_by_upstreams_conventions_starts_with_the_least_rights(podman: Podman, tmp_path: Path) -> None:
    """Root in it has no capability and cannot get any, and writes nowhere but to memory."""
    said = _said(start(podman, _command("gra-meeting-edumeet-3.4", tmp_path)))
    assert {said["capabilities"], said["bounding"]} == {"0" * 16}
    assert (said["newRights"], said["init"], said["tmp"]) == ("1", "podman-init", True)
    assert {said["image"], said["config_js"]} == {"EROFS"}
    assert said["config"]["listeningPort"] == 3443
    assert said["config"]["redisOptions"]["host"] == "127.0.0.1"
    assert said["web"] == "var config ="
    assert said["env"]["BASEDIR"] == "/opt"


def test_without_its_variables_such_an_image_does_not_start(podman: Podman, tmp_path: Path) -> None:
    """What the deployment of before did to it."""
    command = re.sub(r"--env-file \S+ ", "", _command("gra-meeting-edumeet-3.4", tmp_path))
    assert start(podman, command).returncode == 2


def test_an_image_that_needs_more_gets_it(podman: Podman, tmp_path: Path) -> None:
    """By the settings: one capability, and files that can be written."""
    given = tmp_path / "own"
    given.mkdir()
    command = _command("gra-meeting-own-secrets", given)
    variables = "--env BASEDIR=/opt --env EDUMEET=edumeet"
    web = tmp_path / "web.js"
    web.write_text("var config = {};")
    mount = f"--volume {web}:/opt/edumeet/server/public/config/config.js:ro"
    said = _said(start(podman, command.replace("--cap-drop", f"{variables} {mount} --cap-drop")))
    assert int(said["bounding"], 16) == 1  # CAP_CHOWN
    assert said["image"] is True
    assert said["config_js"] == "EROFS"
    assert said["config"]["auth"]["oidc"]["clientOptions"]["client_secret"] == "client-secret-of-the-tests"
