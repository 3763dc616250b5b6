"""What is baked into an image, and that a server which boots it fetches nothing of it again."""

import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from boot.document import render
from boot.image.image import builder, image_warnings, packages, release
from tests.configuration import DIGEST, settings
from tests.unit.boot.golden import ARCHIVE, BAKED, BUILDER, CASES, MONITORED, PROVIDED
from tests.unit.disk import files

APT_GET = "/usr/local/sbin/multiparty-apt-get"
PULL = "/usr/local/lib/multiparty/boot.d/30-meeting-container"
BUILT = {file["path"]: file["content"] for file in yaml.safe_load(BUILDER.text())["write_files"]}
IN_TIME = datetime(2026, 12, 27, 14, 32, tzinfo=UTC)
LATE = datetime(2026, 12, 28, 14, 32, tzinfo=UTC)


@pytest.mark.parametrize("name", CASES)
def test_an_image_has_the_packages_of_every_role(name: str) -> None:
    """Whichever site's settings it is baked by."""
    case = CASES[name]
    assert set(case.document(case.settings).packages) <= set(packages(case.settings))
    assert packages(settings("witness", MONITORED)) == packages(settings("gra", MONITORED))


def test_the_builder_installs_what_it_fingerprints() -> None:
    """Another package, another Caddy or another meeting server is another release; a domain or a secret is not."""
    held = {
        release(settings(changes=changes))
        for changes in (
            {},
            MONITORED,
            ARCHIVE,
            {"env.meeting.delivery.image": f"docker.io/organisation/meeting@{DIGEST.replace('ab', 'cd')}"},
        )
    }
    assert len(held) == 4
    assert release(settings(changes={"env.domain": "other.organisation.fr"} | PROVIDED)) == release(settings("sbg"))
    (environment,) = (text for path, text in BUILT.items() if path == "/etc/multiparty/boot.env")
    assert f'PACKAGES="{" ".join(packages(BUILDER.settings))}"' in environment


def test_an_archive_is_not_baked_in() -> None:
    """Nor is there a registry to ask."""
    written = yaml.safe_load(render(builder(settings(changes=ARCHIVE), "builder-gra")))["write_files"]
    assert PULL not in {file["path"] for file in written}
    assert PULL in BUILT


def _apt_get(words: list[str], installed: str, root: Path) -> list[str]:
    """What the image's apt-get asks of Debian's."""
    said = root / "said"
    said.touch()
    for name, text in (
        ("apt-get", f'echo "$@" >>{said}'),
        (
            "dpkg-query",
            f'for last; do :; done; case " {installed} " in *" $last "*) printf installed ;; *) exit 1 ;; esac',
        ),
    ):
        (root / name).write_text(f"#!/bin/sh\n{text}\n")
        (root / name).chmod(0o755)
    line = ["sh", "-c", BUILT[APT_GET], "apt-get", *words]
    subprocess.run(line, check=True, timeout=20, env={"PATH": f"{root}:/usr/bin:/bin"})
    return [
        asked.replace("--option=Dpkg::Options::=--force-confold --assume-yes --quiet ", "")
        for asked in said.read_text().splitlines()
    ]


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        (["update"], []),
        (["install", "haproxy", "caddy"], []),
        (["install", "haproxy", "gdnsd"], ["update", "install haproxy gdnsd"]),
        (["dist-upgrade"], ["dist-upgrade"]),
    ],
)
def test_a_mirror_is_asked_for_what_is_lacking_alone(words: list[str], asked: list[str], tmp_path: Path) -> None:
    """By cloud-init's own words: without a mirror a server of the image boots all the same."""
    assert _apt_get(words, "caddy haproxy", tmp_path) == asked


def test_cloud_init_takes_the_images_apt_get() -> None:
    """In the image's own configuration, which no boot document's words overrule."""
    configuration = yaml.safe_load(BUILT["/etc/cloud/cloud.cfg.d/95_multiparty.cfg"])
    assert configuration == {"system_info": {"apt_get_command": [APT_GET]}}
    assert all("system_info" not in yaml.safe_load(CASES[name].text()) for name in CASES)


def test_a_baked_image_updates_nothing_by_itself() -> None:
    """Its servers are patched by a newer one; whatever `updates` says of stock ones."""
    switch = "/etc/apt/apt.conf.d/81-multiparty"
    assert files("gra-redis")[switch] == 'APT::Periodic::Unattended-Upgrade "1";\n'
    assert files("gra-redis-baked")[switch] == 'APT::Periodic::Unattended-Upgrade "0";\n'
    assert not [path for path in files("gra-redis-baked") if "apt-daily-upgrade.timer" in path]


def test_a_preview_says_that_an_image_is_old_or_was_baked_for_something_else() -> None:
    """A month is in time; a stock image has no age that we know."""
    own = {"image.baked": {**BAKED["image.baked"], "release": release(settings())}}
    assert list(image_warnings(settings(changes=own), IN_TIME)) == []
    (said,) = image_warnings(settings(changes=own), LATE)
    assert "was baked 31 days ago" in said
    assert "`make images STACK=gra BAKE=1`, then `make roll SITE=gra`" in said
    (said,) = image_warnings(settings(changes=BAKED), IN_TIME)
    assert "for other packages, another Caddy or another meeting server" in said
    assert list(image_warnings(settings(), LATE)) == []
