"""The README's way to a first deployment, walked by its own commands from a clean copy, up to the preview.

Asked are the engine, the provider, an S3 server and a cloud by HTTP with an openrc in OVHcloud's form. What it cannot
show is OVHcloud itself; `make up` is a preview here, and what needs servers (records, the status) is not asked for.
"""

import os
import pty
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from lab.engine import EngineError
from tests.commands.ground import DOMAIN, MAIL, Ground, ground
from tests.configuration import DIGEST, ROOT
from tests.conftest import skip_or_fail
from tests.first_deployment import english
from tests.toolchain.s3 import ACCESS, SECRET, Bucket

pytestmark = pytest.mark.engine

OPENRC = """\
export OS_AUTH_URL={url}
export OS_IDENTITY_API_VERSION=3
export OS_USER_DOMAIN_NAME=${{OS_USER_DOMAIN_NAME:-"Default"}}
export OS_PROJECT_DOMAIN_NAME=${{OS_PROJECT_DOMAIN_NAME:-"Default"}}
export OS_TENANT_ID={project}
export OS_TENANT_NAME="1234567890123456"
export OS_USERNAME="user-of-the-tests"
echo "Please enter your OpenStack Password: "
read -sr OS_PASSWORD_INPUT
export OS_PASSWORD=$OS_PASSWORD_INPUT
export OS_REGION_NAME="GRA11"
"""
STEPS = 1200  # seconds, of a machine that is busy


@dataclass
class Walk:
    """What the commands are run with."""

    ground: Ground
    bucket: Bucket
    directory: Path
    variables: dict[str, str]


@pytest.fixture
def walk(tmp_path: Path, engine_variables: dict[str, str]) -> Iterator[Walk]:
    """A clean copy, an operator's home with a key, and everybody who is asked."""
    try:
        made = Bucket(tmp_path / "s3")
    except EngineError as error:
        skip_or_fail(f"the S3 server cannot be built: {error}")
    with made as bucket, ground(tmp_path / "ground") as found:
        home, clone = tmp_path / "operator", tmp_path / "clone"
        (home / ".ssh").mkdir(parents=True, mode=0o700)
        key = home / ".ssh" / "id_ed25519"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
        _copy(clone)
        cloud = found.cloud.environment
        openrc = OPENRC.format(url=cloud["OS_AUTH_URL"], project=cloud["OS_PROJECT_ID"])
        (clone / "openrc.sh").write_text(openrc)
        kept = {name: text for name, text in engine_variables.items() if not re.match("OS_|AWS_|PULUMI_BACKEND", name)}
        variables = kept | {"HOME": str(home), "PULUMI_CREDENTIALS_PATH": str(home / ".pulumi")}
        variables.pop("PULUMI_CONFIG_PASSPHRASE", None)
        yield Walk(found, bucket, clone, variables)


def _copy(clone: Path) -> None:
    """What git has of the tree, with the packages that are installed."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (clone / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, clone / name)
    (clone / ".venv").symlink_to((ROOT / ".venv").resolve())


def script(walk: Walk) -> str:
    """The README's commands, with a test's values in the place of an operator's."""
    url = walk.bucket.url.replace("s3://state", "s3://of-the-readme")
    told = {
        r"=KEY\b": f"={ACCESS}",
        r"=SECRET\b": f"={SECRET}",
        r"s3://BUCKET[^']*": url,
        "^make preflight$": f"make preflight ARGS='--resolver {walk.ground.names.address}'",
        "^make up$": "for stack in gra sbg witness; do pulumi preview --stack $stack; done",
    }
    lines = english()
    lines = lines[: lines.index("pulumi stack output dns_records --stack gra")]
    for pattern, text in told.items():
        replaced = [re.sub(pattern, lambda _, text=text: text, line) for line in lines]  # type: ignore[misc]
        assert replaced != lines, pattern
        lines = replaced
    return "\n".join(['eval "$(ssh-agent -s)"', "trap 'ssh-agent -k' EXIT", "set -ex", *lines])


def test_the_readme_s_commands_lead_to_a_preview_of_all_three_sites(walk: Walk) -> None:
    """Five questions, no edit. The preflight has nothing to say against it, and nothing is made."""
    image = f"{walk.ground.registry.host}/meeting@{DIGEST}"
    answers = [walk.ground.cloud.password, DOMAIN, MAIL, image, "198.51.100.7/32", ""]
    terminal, stdin = pty.openpty()
    os.write(terminal, "".join(f"{answer}\n" for answer in answers).encode())
    try:
        done = subprocess.run(
            ["bash", "-c", script(walk)],
            cwd=walk.directory,
            env=walk.variables,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=STEPS,
        )
    finally:
        os.close(terminal)
        os.close(stdin)
    assert done.returncode == 0, done.stdout
    assert "nothing lacks that can be seen from here" in done.stdout
    for stack in ("gra", "sbg", "witness"):
        assert re.search(rf"{stack}.* \+ +\d+ to create|Previewing update \({stack}\)", done.stdout), done.stdout
    assert len(re.findall(r"\+ \d+ to create", done.stdout)) == 3
    assert walk.ground.cloud.changes == []
