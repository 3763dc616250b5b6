"""Where an edge's Caddy comes from: the key in the document, the release that apt takes, what the boot says of it."""

import hashlib
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from boot.document import render
from boot.size import documents
from tests.configuration import settings
from tests.unit.disk import program

KEY, SOURCE, PIN = (
    "/etc/apt/keyrings/caddy.asc",
    "/etc/apt/sources.list.d/caddy.sources",
    "/etc/apt/preferences.d/caddy",
)
CHECK = "/usr/local/lib/multiparty/boot.d/20-caddy-version"
FINGERPRINT = "65760C51EDEA2017CEA2CA15155B6D79CA56EA34"


def _files(changes: dict[str, object] | None = None) -> dict[str, str]:
    """The edge's files, by path."""
    (text,) = [render(d) for d in documents(settings("gra", changes)) if "-edge-" in d.hostname]
    return {file["path"]: file["content"] for file in yaml.safe_load(text)["write_files"]}


def test_no_boot_document_asks_a_key_server() -> None:
    """Nor has cloud-init do what takes gpg, which Debian's cloud image lacks."""
    for stack in ("gra", "sbg", "witness"):
        for document in documents(settings(stack)):
            assert "keyserver" not in render(document)
            assert "apt" not in yaml.safe_load(render(document))


def test_the_key_is_caddys_and_signs_today(tmp_path: Path) -> None:
    """By its whole fingerprint; with a signing key that is valid without an end, or for months."""
    files = _files()
    assert f"Signed-By: {KEY}\n" in files[SOURCE]
    (tmp_path / "key.asc").write_text(files[KEY])
    gpg = [program("gpg", "gpg"), "--homedir", str(tmp_path), "--show-keys", "--with-colons", str(tmp_path / "key.asc")]
    listed = subprocess.run(gpg, capture_output=True, text=True, check=True, timeout=30).stdout
    fields = [line.split(":") for line in listed.splitlines()]
    assert next(line[9] for line in fields if line[0] == "fpr") == FINGERPRINT
    (signing,) = [line for line in fields if line[0] == "sub" and "s" in line[11]]
    assert (signing[1], signing[6]) == ("-", ""), signing


def test_an_image_that_has_caddy_is_given_no_source() -> None:
    files = _files({"env.edge.caddy_in_image": True})
    assert not {KEY, SOURCE, PIN} & files.keys()
    assert CHECK in files


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [(["2.6.2", "2.11.4", "2.11.9", "2.12.0"], "2.11.9"), (["2.6.2", "2.12.0"], "2.12.0"), (["2.6.2"], "2.6.2")],
    ids=["of the release", "the release is gone", "the source is away"],
)
def test_apt_takes_the_newest_of_the_release(offered: list[str], chosen: str, tmp_path: Path) -> None:
    """By apt itself, with the document's preference and a repository of these versions."""
    (tmp_path / "lists" / "partial").mkdir(parents=True)
    stanzas = [
        f"Package: caddy\nVersion: {version}\nArchitecture: all\nFilename: ./caddy.deb\nSize: 1\n"
        f"SHA256: {hashlib.sha256(b'x').hexdigest()}\n"
        for version in offered
    ]
    (tmp_path / "Packages").write_text("\n".join(stanzas))
    (tmp_path / "list").write_text(f"deb [trusted=yes] file:{tmp_path} ./\n")
    (tmp_path / "pin").write_text(_files()[PIN])
    (tmp_path / "status").touch()
    options = {
        "Dir::Etc::sourcelist": "list",
        "Dir::Etc::sourceparts": "none",
        "Dir::Etc::preferences": "pin",
        "Dir::Etc::preferencesparts": "none",
        "Dir::State::status": "status",
        "Dir::State::lists": "lists",
        "Dir::Cache": "cache",
    }
    (tmp_path / "cache" / "archives" / "partial").mkdir(parents=True)
    flags = [flag for key, name in options.items() for flag in ("-o", f"{key}={tmp_path / name}")]
    apt = program("apt-get", "apt")
    subprocess.run([apt, *flags, "update", "-q"], check=True, capture_output=True, timeout=60)
    said = subprocess.run(
        [program("apt-cache", "apt"), *flags, "policy", "caddy"], check=True, capture_output=True, text=True, timeout=60
    )
    assert re.findall(r"Candidate: (\S+)", said.stdout) == [chosen]


@pytest.mark.parametrize(
    ("printed", "said"),
    [
        ("v2.11.4 h1:abc=", ""),
        ("v2.12.0 h1:abc=", ""),
        ("v3.0.1", ""),
        ("2.6.2", "Caddy 2.6.2 is too old, 2.11 is needed: its package source was not reached"),
        ("v2.9.1 h1:abc=", "Caddy 2.9.1 is too old, 2.11 is needed: its package source was not reached"),
        (None, "there is no Caddy, 2.11 is needed: its package source was not reached"),
    ],
)
def test_a_caddy_that_is_too_old_is_named_as_that(printed: str | None, said: str, tmp_path: Path) -> None:
    """Before its Caddyfile is judged: the step stands before those that deliver it."""
    files = _files()
    steps = sorted(path for path in files if path.startswith("/usr/local/lib/multiparty/boot.d/"))
    assert steps.index(CHECK) < next(place for place, path in enumerate(steps) if path.endswith("bundles"))
    (tmp_path / "boot.env").write_text(files["/etc/multiparty/boot.env"])
    (tmp_path / "console").touch()
    text = files[CHECK].replace("/etc/multiparty/boot.env", str(tmp_path / "boot.env"))
    (tmp_path / "check").write_text(text.replace("/dev/console", str(tmp_path / "console")))
    if printed is not None:
        (tmp_path / "caddy").write_text(f"#!/bin/sh\necho '{printed}'\n")
        (tmp_path / "caddy").chmod(0o755)
    done = subprocess.run(
        ["/bin/sh", str(tmp_path / "check")],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
        timeout=10,
    )
    assert (done.returncode, done.stdout.strip()) == (1 if said else 0, said)
    assert (tmp_path / "console").read_text().strip() == said
