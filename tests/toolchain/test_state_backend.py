"""Pulumi's state in a bucket that keeps every version, on a real S3 server: what the runbook says of it.

The server is not OVHcloud's; requests and answers are S3's. A bucket's users, regions and lifecycle rules are
OVHcloud's own and are not tried here.
"""

import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from fleet import state_bucket
from fleet.bounded import AskingError
from lab.engine import EngineError
from tests.conftest import skip_or_fail
from tests.toolchain.conftest import Project
from tests.toolchain.s3 import Bucket, RefusedError
from tests.unit.waiting import eventually

pytestmark = pytest.mark.engine

STATE = ".pulumi/stacks/trial/one.json"
SECRET = "what-nobody-may-read"
PROGRAM = """
answer = pulumi.Config().require("answer")
made = local.Command("made", create=f"echo {answer}")
pulumi.export("answer", answer)
pulumi.export("secret", pulumi.Config().require_secret("secret"))
"""
SLOW = 'local.Command("slow", create="until [ -e finish ]; do sleep 0.1; done")\n'


@pytest.fixture
def bucket(tmp_path: Path) -> Iterator[Bucket]:
    """A bucket of its own for each test."""
    if not shutil.which("curl"):
        skip_or_fail("needs curl")
    try:
        made = Bucket(tmp_path / "s3")
    except EngineError as error:
        skip_or_fail(f"the S3 server cannot be built: {error}")
    with made as running:
        yield running


@pytest.fixture
def stored(bucket: Bucket, tmp_path: Path, engine_variables: dict[str, str]) -> Project:
    """A project whose state is in the bucket, with one stack that is up."""
    directory = tmp_path / "project"
    directory.mkdir()
    (directory / "Pulumi.yaml").write_text("name: trial\nruntime:\n  name: python\n")
    made = Project(directory, engine_variables | bucket.variables | {"PULUMI_CONFIG_PASSPHRASE": "trial"})
    made.pulumi("stack", "init", "one")
    made.pulumi("config", "set", "--secret", "secret", SECRET)
    _up(made, "first")
    return made


def _up(project: Project, answer: str) -> None:
    project.pulumi("config", "set", "answer", answer)
    project.up(PROGRAM)


def _answer(project: Project) -> str:
    outputs: dict[str, str] = json.loads(project.pulumi("stack", "output", "--json").stdout)
    return outputs["answer"]


def test_the_state_s_bucket_is_made_and_keeps_what_is_in_it(bucket: Bucket) -> None:
    """By `make state-bucket`'s way: the first time it is made, the next time it is as it was."""
    variables = bucket.variables
    found = state_bucket.bucket(bucket.url.replace("s3://state", "s3://another"), variables)
    with pytest.raises(AskingError, match=r"bucket another at .*: there is none of that name"):
        found.versioned()
    found.make()
    assert found.versioned()
    own = state_bucket.bucket(bucket.url, variables)
    bucket.put("kept", "what is in it")
    (version,) = bucket.versions("kept")
    own.make()
    assert own.versioned()
    assert bucket.get("kept", version) == "what is in it"
    with pytest.raises(AskingError, match="the keys are refused"):
        replace(own, secret_key="another").versioned()


def test_another_machine_goes_on_from_the_bucket(bucket: Bucket, stored: Project, tmp_path: Path) -> None:
    """With the project's files alone: no change is left to make. No secret is in the bucket in clear."""
    elsewhere = replace(stored, directory=tmp_path / "elsewhere")
    elsewhere.directory.mkdir()
    for file in stored.directory.glob("*.y*ml"):
        shutil.copy(file, elsewhere.directory)
    elsewhere.write(PROGRAM)
    elsewhere.pulumi("stack", "select", "one")
    assert _answer(elsewhere) == "first"
    elsewhere.pulumi("preview", "--expect-no-changes")
    written = [path.read_bytes() for path in bucket.objects.rglob("*") if path.is_file()]
    assert written
    assert not [content for content in written if SECRET.encode() in content]


def test_earlier_states_are_kept(bucket: Bucket, stored: Project) -> None:
    """What an `up` overwrote is still there, whole."""
    (before, *_) = bucket.versions(STATE)
    _up(stored, "second")
    now = bucket.versions(STATE)
    assert before in now[1:]
    outputs = [
        json.loads(bucket.get(STATE, version))["checkpoint"]["latest"]["resources"] for version in (before, now[0])
    ]
    assert ["first" in json.dumps(resources) for resources in outputs] == [True, False]


def test_a_lost_state_is_brought_back(bucket: Bucket, stored: Project) -> None:
    """Deleted, there is no stack any more; its youngest version over nothing, and no change is left to make."""
    bucket.delete(STATE)
    assert STATE not in bucket.keys(".pulumi/stacks/")
    lost = stored.pulumi("stack", "output", "--stack", "one", check=False)
    assert lost.returncode != 0 and "no stack named" in lost.stderr
    bucket.copy_back(STATE, bucket.versions(STATE)[0])
    assert _answer(stored) == "first"
    stored.pulumi("preview", "--expect-no-changes")
    _up(stored, "after")
    assert _answer(stored) == "after"


def test_a_broken_state_is_put_right(bucket: Bucket, stored: Project) -> None:
    """Overwritten by something else: Pulumi says that it cannot read it, and the version before it is good."""
    good = bucket.versions(STATE)[0]
    bucket.put(STATE, "{")
    assert stored.pulumi("preview", check=False).returncode != 0
    bucket.copy_back(STATE, good)
    stored.pulumi("preview", "--expect-no-changes")


def test_a_second_up_is_refused_while_the_first_one_runs(bucket: Bucket, stored: Project) -> None:
    """With who runs it; afterwards nobody holds the stack. A lock that was left behind is taken away by `cancel`."""
    stored.write(PROGRAM + SLOW)
    command = ["pulumi", "--non-interactive", "--color", "never", "up", "--yes", "--skip-preview"]
    with subprocess.Popen(command, cwd=stored.directory, env=stored.variables, stdout=subprocess.PIPE) as first:
        try:
            (lock,) = eventually(lambda: bucket.keys(".pulumi/locks/"), bool, seconds=180, what="a lock")
            refused = stored.pulumi("up", "--yes", "--skip-preview", check=False)
        finally:
            (stored.directory / "finish").touch()
            first.communicate(timeout=600)
    assert refused.returncode != 0
    assert "the stack is currently locked by 1 lock(s)" in refused.stderr
    assert first.returncode == 0
    assert bucket.keys(".pulumi/locks/") == []
    bucket.copy_back(lock, bucket.versions(lock)[0])
    assert "locked" in stored.pulumi("up", "--yes", "--skip-preview", check=False).stderr
    stored.pulumi("cancel", "--yes", "one")
    stored.pulumi("up", "--yes", "--skip-preview", "--expect-no-changes")


def test_a_wrong_key_reads_nothing(bucket: Bucket, stored: Project) -> None:
    """The bucket is its users' alone: shows that the server does look at signatures."""
    stranger = replace(stored, variables=stored.variables | {"AWS_SECRET_ACCESS_KEY": "another"})
    refused = stranger.pulumi("stack", "ls", check=False)
    assert refused.returncode != 0
    assert "SignatureDoesNotMatch" in refused.stderr
    with pytest.raises(RefusedError, match="NoSuchKey"):
        bucket.ask("GET", "nothing")


def test_a_stack_is_made_anew_when_its_passphrase_is_lost(bucket: Bucket, stored: Project) -> None:
    """With another passphrase nothing can be done to it, but for forgetting it; then its name is free for a new one."""
    lost = replace(stored, variables=stored.variables | {"PULUMI_CONFIG_PASSPHRASE": "another"})
    refused = lost.pulumi("preview", "--stack", "one", check=False)
    assert refused.returncode != 0
    assert "incorrect passphrase" in refused.stderr
    assert lost.pulumi("destroy", "--yes", "--skip-preview", "--stack", "one", check=False).returncode != 0
    lost.pulumi("stack", "rm", "--force", "--yes", "--preserve-config", "--stack", "one")
    file = lost.directory / "Pulumi.one.yaml"
    file.write_text("config:\n  trial:answer: first\n")
    lost.pulumi("stack", "init", "one")
    lost.pulumi("config", "set", "--secret", "secret", SECRET)
    _up(lost, "anew")
    assert _answer(lost) == "anew"
    lost.pulumi("preview", "--expect-no-changes")


def test_a_passphrase_is_changed_where_the_old_one_is_known(stored: Project) -> None:
    """A machine was stolen: state and file are encrypted anew, and nothing else changes."""
    changing = stored.variables | {"PULUMI_CONFIG_PASSPHRASE": "trial"}
    command = ["pulumi", "--color", "never", "stack", "change-secrets-provider", "passphrase", "--stack", "one"]
    done = subprocess.run(
        command, cwd=stored.directory, env=changing, input="new\nnew\n", capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.fail(done.stderr)
    renewed = replace(stored, variables=stored.variables | {"PULUMI_CONFIG_PASSPHRASE": "new"})
    renewed.pulumi("preview", "--expect-no-changes")
    assert stored.pulumi("preview", check=False).returncode != 0
