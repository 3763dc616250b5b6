"""A meeting server from an image: what podman is told, what is mounted, and what its entry point finds."""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.unit.boot.golden import MORE_SECRETS
from tests.unit.disk import files, program

_UNIT = "/etc/systemd/system/multiparty-meeting.service"
_ENVIRONMENT = "/etc/multiparty/meeting/container.env"
_FILES = "/etc/multiparty-meeting/container"
_STEPS = "/usr/local/lib/multiparty/boot.d"


def _unit(name: str) -> dict[str, str]:
    lines = files(name)[_UNIT].splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)


def _mounts(name: str) -> dict[str, str]:
    """What is seen in the container, by where it is there."""
    found = re.findall(r"--volume (\S+):(\S+):ro", _unit(name)["ExecStart"])
    assert f"--volume {found[-1][0]}" in _unit(name)["ExecStart"]
    return {inside: outside for outside, inside in found}


@pytest.mark.parametrize(
    ("name", "config", "public"),
    [
        ("gra-meeting-edumeet-3.4", "/opt/edumeet/server/config", "/opt/edumeet/server/public"),
        ("gra-meeting-edumeet-3.5", "/opt/edumeet/server/dist/config", "/opt/edumeet/server/dist/public"),
    ],
)
def test_upstreams_image_finds_what_it_needs(name: str, config: str, public: str) -> None:
    """The variables of its entry point, and each configuration where this release looks for it."""
    environment = dict(line.split("=", 1) for line in files(name)[_ENVIRONMENT].splitlines())
    assert environment == {"BASEDIR": "/opt", "EDUMEET": "edumeet", "NODE_ENV": "production"}
    assert f"--env-file {_ENVIRONMENT} " in _unit(name)["ExecStart"]
    mounts = _mounts(name)
    assert mounts[f"{config}/config.js"] == f"{_FILES}/config.js"
    assert mounts[f"{public}/config/config.js"] == f"{_FILES}/web-config.js"
    assert mounts["/etc/multiparty-meeting/tls/fleet.key"] == f"{_FILES}/fleet.key"


def test_the_web_apps_files_are_mounted_in_the_place_of_its_own() -> None:
    mounts = _mounts("gra-meeting-edumeet-3.5")
    assert mounts["/opt/edumeet/server/dist/public/images"] == "/etc/multiparty-meeting/web/images"
    assert mounts["/opt/edumeet/server/dist/public/privacy"] == "/etc/multiparty-meeting/web/privacy"
    assert f"{_STEPS}/35-meeting-web-files" in files("gra-meeting-edumeet-3.5")


def _web_config(name: str, directory: Path) -> dict[str, Any]:
    """What a browser reads."""
    script = directory / "config.js"
    script.write_text(
        files(name)["/etc/multiparty/meeting/web-config.js"] + "process.stdout.write(JSON.stringify(config))"
    )
    done = subprocess.run(
        [program("node", "nodejs"), str(script)], capture_output=True, text=True, check=True, timeout=60
    )
    read: dict[str, Any] = json.loads(done.stdout)
    return read


def test_the_page_has_all_that_it_reads(tmp_path: Path) -> None:
    """3.4's is blank without: whole, with the edge's port and no placeholder. 3.5 has defaults: what is said alone."""
    whole = _web_config("gra-meeting-edumeet-3.4", tmp_path)
    assert whole["productionPort"] == 443
    assert len(whole) > 30
    assert not re.search(r"example\.(com|org)", json.dumps(whole))
    assert _web_config("gra-meeting-edumeet-3.5", tmp_path) == {"title": "Réunions"}
    assert "/etc/multiparty/meeting/web-config.js" not in files("gra-meeting-container")


def test_a_container_has_the_least_rights() -> None:
    """Those of the unit hold for what podman starts below it; and podman may make groups there."""
    unit = _unit("gra-meeting-container")
    for words in ("--cap-drop all", "--security-opt no-new-privileges", "--read-only"):
        assert words in unit["ExecStart"]
    assert "--cap-add" not in unit["ExecStart"]
    assert (unit["Delegate"], unit["TasksMax"], unit["MemoryMax"]) == ("yes", "1024", "85%")
    assert "--cgroups split" in unit["ExecStart"]


def test_an_image_that_needs_more_gets_it() -> None:
    """By the settings; its variables, and the operator's own file, which is required."""
    name = "gra-meeting-own-secrets"
    unit = _unit(name)
    assert "--cap-drop all --cap-add CAP_CHOWN" in unit["ExecStart"]
    assert "--read-only" not in unit["ExecStart"]
    assert "TZ=Europe/Paris\n" in files(name)[_ENVIRONMENT]
    assert _mounts(name)["/opt/edumeet/server/config/config.own.js"] == f"{_FILES}/config.own.js"
    assert files(name)["/etc/multiparty/meeting/config.own.js"] == MORE_SECRETS["meeting_config_file"]


def test_a_private_registry_is_logged_in_to_at_each_start() -> None:
    """After `podman system prune` a start pulls again."""
    assert _unit("gra-meeting-everything")["Environment"] == "REGISTRY_AUTH_FILE=/etc/multiparty/meeting/registry.json"
    assert "Environment" not in _unit("gra-meeting-container")


def run_step(name: str, step: str, root: Path, **variables: object) -> "subprocess.CompletedProcess[str]":
    """Run a boot step with a boot.env, and programs, of the test's."""
    environment = root / "boot.env"
    environment.write_text("".join(f'{key}="{value}"\n' for key, value in variables.items()))
    text = files(name)[f"{_STEPS}/{step}"].replace("/etc/multiparty/boot.env", str(environment))
    path = {"PATH": f"{root}/bin:{os.environ['PATH']}"}
    return subprocess.run(
        ["sh", "-c", text], capture_output=True, text=True, check=False, timeout=60, env={**os.environ, **path}
    )


@pytest.mark.parametrize(("refusals", "status"), [(0, 0), (9, 0), (10, 1)])
def test_the_image_is_asked_for_again(refusals: int, status: int, tmp_path: Path) -> None:
    """Ten times, each after a longer wait; podman itself asks once."""
    programs = tmp_path / "bin"
    programs.mkdir()
    asked = tmp_path / "asked"
    podman = f'[ "$1" = pull ] || exit 1; echo "$@" >>{asked}; [ "$(wc -l <{asked})" -gt {refusals} ]'
    for name, text in (("podman", podman), ("sleep", ":")):
        (programs / name).write_text(f"#!/bin/sh\n{text}\n")
        (programs / name).chmod(0o755)
    given = {"CONTAINER_IMAGE": "docker.io/x@sha256:0", "REGISTRY_AUTH_FILE": tmp_path / "none"}
    done = run_step("gra-meeting-container", "30-meeting-container", tmp_path, **given)
    assert done.returncode == status, done.stderr
    assert asked.read_text().splitlines() == ["pull --quiet docker.io/x@sha256:0"] * min(refusals + 1, 10)


def test_an_image_that_is_there_is_not_asked_for(tmp_path: Path) -> None:
    """A baked image of a server's has it: no registry is needed to boot."""
    programs, asked = tmp_path / "bin", tmp_path / "asked"
    programs.mkdir()
    (programs / "podman").write_text(
        f'#!/bin/sh\necho "$@" >>{asked}\n[ "$*" = "image exists docker.io/x@sha256:0" ]\n'
    )
    (programs / "podman").chmod(0o755)
    given = {"CONTAINER_IMAGE": "docker.io/x@sha256:0", "REGISTRY_AUTH_FILE": tmp_path / "none"}
    done = run_step("gra-meeting-container", "30-meeting-container", tmp_path, **given)
    assert done.returncode == 0, done.stderr
    assert asked.read_text().splitlines() == ["image exists docker.io/x@sha256:0"]


def test_what_is_mounted_is_roots_to_reach_and_anybodys_to_read(tmp_path: Path) -> None:
    """Whichever user an image runs as: a mount does not go through the directory."""
    seed, target = tmp_path / "seed", tmp_path / "container"
    seed.mkdir()
    for name in ("config.js", "fleet.pem", "fleet.key"):
        (seed / name).write_text(name)
        (seed / name).chmod(0o600)
    given = {"SEED": seed, "CONTAINER_FILES": target}
    done = run_step("gra-meeting-container", "40-meeting-container-files", tmp_path, **given)
    assert done.returncode == 0, done.stderr
    assert target.stat().st_mode & 0o777 == 0o700
    assert {path.name: path.stat().st_mode & 0o777 for path in target.iterdir()} == dict.fromkeys(
        ("config.js", "fleet.pem", "fleet.key"), 0o644
    )


@pytest.mark.parametrize(("directories", "status"), [("images", 0), ("images privacy", 1)])
def test_web_files_that_lack_a_directory_stop_the_boot(directories: str, status: int, tmp_path: Path) -> None:
    """Podman would refuse to start for ever, and say so in a log alone."""
    (tmp_path / "images").mkdir()
    archive = tmp_path / "web.tar.gz"
    subprocess.run(["tar", "-czf", str(archive), "-C", str(tmp_path), "images"], check=True)
    digest = subprocess.run(["sha256sum", str(archive)], capture_output=True, text=True, check=True).stdout.split()[0]
    given = {
        "WEB_FILES_URL": archive.as_uri(),
        "WEB_FILES_SHA256": digest,
        "WEB_FILES": tmp_path / "web",
        "WEB_DIRECTORIES": directories,
    }
    done = run_step("gra-meeting-edumeet-3.5", "35-meeting-web-files", tmp_path, **given)
    assert done.returncode == status, done.stderr
    assert ("no directory privacy in " in done.stderr) == bool(status)
