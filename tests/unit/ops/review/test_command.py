"""`python -m ops review`, as the workflow and `make review` run it."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.review import markdown
from ops.review.review import MARKER, PATIENCE
from tests.configuration import ROOT
from tests.unit.ops.review import recorded

# A deadline, which nobody waits for: who asks gives up after PATIENCE, and the rest is computing.
SECONDS = 100.0


def _review(
    directory: Path, previews: dict[str, str], *options: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run the command on recorded previews, by site, without the credentials of whoever runs the tests."""
    files = {site: directory / f"{site}.json" for site in previews}
    for site, file in files.items():
        file.write_text(json.dumps(recorded.whole(previews[site])))
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("OS_", "SSH_"))}
    return subprocess.run(
        [sys.executable, "-m", "ops", "review", *(f"{site}={file}" for site, file in files.items()), *options],
        cwd=ROOT,
        env=kept | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_comment_begins_with_its_marker(tmp_path: Path) -> None:
    """By which the workflow finds it again; and the status of a change that breaks no rule is 0."""
    done = _review(tmp_path, {"gra": "gra-replaced", "witness": "witness"}, "--markdown")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"<!-- {MARKER} -->\n\n## What this changes in production\n")
    assert "**replaced**: meeting server `production-gra-meeting-1`" in done.stdout
    assert len(done.stdout) < markdown.LIMIT


def test_a_terminal_gets_the_same_as_text(tmp_path: Path) -> None:
    done = _review(tmp_path, {"gra": "gra-replaced"})
    assert (done.returncode, done.stderr) == (0, "")
    assert "- replaced: meeting server production-gra-meeting-1: what it boots with changes." in done.stdout
    assert "\033" not in done.stdout


@pytest.mark.parametrize("options", [(), ("--policy",), ("--markdown",), ("--markdown", "--policy")])
def test_redis_opened_to_the_world_fails(options: tuple[str, ...], tmp_path: Path) -> None:
    """Whatever is printed: with the rule and the resource."""
    done = _review(tmp_path, {"witness": "witness", "gra": "gra-opened"}, *options)
    assert done.returncode == 1
    assert "only web, media and DNS are open to the world" in done.stdout
    told = " ".join(done.stdout.replace("`", "").split())
    assert (
        "gra: production-gra-redis-public-tcp-6379-from-0.0.0.0/0 opens tcp 6379 of redis public to the world" in told
    )


def test_a_site_without_a_preview_fails_too(tmp_path: Path) -> None:
    """Nothing of it was checked; the others are reviewed all the same. A broken rule elsewhere counts more."""
    done = _review(tmp_path, {"gra": "gra-failed", "witness": "witness"}, "--markdown")
    assert done.returncode == 2
    assert "**gra: there is no preview**" in done.stdout
    assert "### witness: DE1" in done.stdout
    assert _review(tmp_path, {"witness": "gra-failed", "gra": "gra-opened"}).returncode == 1


def test_the_policy_alone_asks_nobody(tmp_path: Path) -> None:
    """And says neither cost nor quota."""
    done = _review(tmp_path, {"gra": "gra"}, "--policy", OS_AUTH_URL="http://127.0.0.1:9/v3")
    assert done.returncode == 0
    assert done.stdout.startswith("No rule is broken.")
    assert "Cost" not in done.stdout


@pytest.mark.parametrize("argument", ["gra", "=gra.json", "gra="])
def test_an_argument_without_site_or_file_is_refused(argument: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ops", "review", argument],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 2
    assert f"'{argument}' must be a site and a file, such as gra=preview-gra.json" in done.stderr


@pytest.fixture
def silent() -> Iterator[int]:
    """The port of somebody on 127.0.0.1 who takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


def test_a_review_ends_though_nobody_answers(silent: int, tmp_path: Path) -> None:
    """Three sites, a silent cloud, a key for servers that do not let in: it says whom it could not ask, and ends."""
    login = {
        "OS_AUTH_URL": f"http://127.0.0.1:{silent}/v3",
        "OS_USERNAME": "u",
        "OS_PASSWORD": "p",
        "OS_PROJECT_NAME": "p",
    }
    ssh = tmp_path / "ssh"
    ssh.write_text("#!/bin/sh\nexec sleep 110\n")
    ssh.chmod(0o755)
    begun = time.monotonic()
    done = _review(
        tmp_path,
        {"gra": "gra-replaced", "sbg": "gra-node", "witness": "witness"},
        "--markdown",
        **login,
        SSH_AUTH_SOCK=str(tmp_path / "agent"),
        PATH=f"{tmp_path}:/usr/bin:/bin",
    )
    taken = time.monotonic() - begun
    assert (done.returncode, done.stderr) == (0, "")
    assert "What gra, sbg, witness may have is not known: no answer within 1 s" in done.stdout
    assert "Which meetings are on it is not known: no" in done.stdout
    assert PATIENCE < taken < SECONDS, f"{taken:.1f} s"
