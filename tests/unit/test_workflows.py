"""The workflows: what they may do, and what their code may be. `tests/toolchain` has actionlint look at them too."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from lab.engine.gotools import CLI_VERSION
from ops.review.drift import MARKER as DRIFT_MARKER
from ops.review.review import MARKER
from tests.configuration import ROOT
from tests.conftest import skip_or_fail

FILES = sorted((ROOT / ".github" / "workflows").iterdir())
ENVIRONMENTS = ROOT / ".github" / "workflows" / "environments.yml"
PREVIEW = ROOT / ".github" / "workflows" / "preview.yml"
DRIFT = ROOT / ".github" / "workflows" / "drift.yml"
each_file = pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)


def _load(file: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.load(file.read_text(), yaml.BaseLoader)  # noqa: S506 - plain text only; `on` stays "on"
    return loaded


def _steps(job: dict[str, Any]) -> str:
    return "\n".join(step.get("run", "") for step in job["steps"])


def _apart(reads: dict[str, Any], environment: str, writes: dict[str, Any], what: str) -> None:
    """One job has the protected environment and may only read; the other may write and has neither secret nor code."""
    assert reads["environment"] == environment
    assert reads["permissions"] == {"contents": "read"}
    assert writes["permissions"] == {what: "write"}
    assert "environment" not in writes
    assert "secrets." not in str(writes)
    assert not [step for step in writes["steps"] if "checkout" in step.get("uses", "")]


@each_file
def test_every_action_is_pinned_to_a_commit(file: Path) -> None:
    """All 40 digits, and the release they are of in a comment: a tag may be moved."""
    used = re.findall(r"uses: (.*)", file.read_text())
    assert used
    assert not [line for line in used if not re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line)]


@each_file
def test_jobs_have_the_permissions_that_they_name(file: Path) -> None:
    """Nothing is granted to all jobs; each says what it needs, and ends by itself."""
    workflow = _load(file)
    assert workflow["permissions"] == {}
    for name, job in workflow["jobs"].items():
        assert job["permissions"], name
        assert int(job["timeout-minutes"]) <= (350 if name == "test" else 30), name


@each_file
def test_no_event_text_stands_in_a_script(file: Path) -> None:
    """Titles and branches are anybody's: expressions go through the environment."""
    for job in _load(file)["jobs"].values():
        assert "${{" not in _steps(job)


def test_secrets_and_the_right_to_write_are_apart() -> None:
    """The branch's code runs with the protected environment's secrets; what may write runs none of it."""
    jobs = _load(PREVIEW)["jobs"]
    reads, writes = jobs["preview"], jobs["comment"]
    _apart(reads, "production-preview", writes, "pull-requests")
    (checkout,) = [step for step in reads["steps"] if "checkout" in step.get("uses", "")]
    assert checkout["with"]["persist-credentials"] == "false"


def test_secrets_are_given_to_the_previews_alone() -> None:
    """To one step, and in its environment; no script prints one."""
    (step,) = [step for step in _load(PREVIEW)["jobs"]["preview"]["steps"] if "secrets." in str(step)]
    assert "secrets." not in step["run"]
    assert "pulumi preview" in step["run"]


def test_forks_get_nothing() -> None:
    """Their pull requests start no job: neither with secrets nor without; and nothing runs in the base's name."""
    workflow = _load(PREVIEW)
    assert workflow["on"] == "pull_request"
    assert "github.event.pull_request.head.repo.full_name == github.repository" in workflow["jobs"]["preview"]["if"]
    assert workflow["jobs"]["comment"]["needs"] == "preview"


def test_sites_are_previewed_one_after_the_other() -> None:
    """In one loop, in the foreground; the whole of each, and with the release that the engine is tested with."""
    job = _load(PREVIEW)["jobs"]["preview"]
    assert "strategy" not in job
    loop = re.search(r"for site in gra sbg witness; do\n(.*?)\ndone", _steps(job), re.DOTALL)
    assert loop
    assert "pulumi preview --json --show-sames --non-interactive --stack" in loop[1]
    assert not loop[1].rstrip().endswith("&")
    (engine,) = [step for step in job["steps"] if "pulumi/actions" in step.get("uses", "")]
    assert engine["with"] == {"pulumi-version": CLI_VERSION}


def test_the_comment_is_found_by_the_marker_that_it_begins_with() -> None:
    """The command writes it and the workflow looks for it."""
    workflow = _load(PREVIEW)
    assert workflow["env"]["MARKER"] == f"<!-- {MARKER} -->"
    script = _steps(workflow["jobs"]["comment"])
    assert "startswith(env.MARKER)" in script
    assert "--method PATCH" in script
    assert "--method POST" in script


def test_an_environment_is_made_of_the_branch_and_taken_down_without_it() -> None:
    """With the branch's code only after an approval; in the base's name no line of the branch runs."""
    workflow = _load(ENVIRONMENTS)
    up, cleanup = workflow["jobs"]["up"], workflow["jobs"]["cleanup"]
    assert workflow["on"]["pull_request"]["types"] == ["labeled", "synchronize"]
    assert workflow["on"]["pull_request_target"]["types"] == ["closed", "unlabeled"]
    assert workflow["on"]["schedule"]
    assert up["environment"] == "test-environments"
    assert up["if"].startswith("github.event_name == 'pull_request' ")
    assert cleanup["environment"] == "test-environments-cleanup"
    for job in (up, cleanup):
        assert job["permissions"] == {"contents": "read"}
        assert "github.event.pull_request.head.repo.full_name == github.repository" in job["if"]
        (checkout,) = [step for step in job["steps"] if "checkout" in step.get("uses", "")]
        assert checkout["with"] == {"persist-credentials": "false"}  # no `ref`: not the branch's, in the base's name
        (step,) = [step for step in job["steps"] if "secrets." in str(step)]
        assert "-m ops env-" in step["run"]
    assert '--name "pr-$NUMBER"' in _steps(up)
    assert '--name "pr-$NUMBER"' in _steps(cleanup)
    assert "sweep --yes" in _steps(cleanup)


def test_one_pull_requests_jobs_do_not_overlap() -> None:
    """A teardown ends an `up` that still runs: it is the one that is right about locks."""
    up, cleanup = (_load(ENVIRONMENTS)["jobs"][name]["concurrency"] for name in ("up", "cleanup"))
    number = "environment-pr-${{ github.event.pull_request.number"
    assert up["group"].startswith(number)
    assert cleanup["group"].startswith(number)
    assert cleanup["cancel-in-progress"] == "true"
    assert "--alone" in _steps(_load(ENVIRONMENTS)["jobs"]["cleanup"])


def test_drift_is_compared_at_night_and_writes_one_issue() -> None:
    """On a schedule, from the default branch: never for a pull request. What may write has no secret and no code."""
    workflow = _load(DRIFT)
    assert set(workflow["on"]) == {"schedule", "workflow_dispatch"}
    reads, writes = workflow["jobs"]["compare"], workflow["jobs"]["issue"]
    _apart(reads, "production-drift", writes, "issues")
    assert workflow["env"]["MARKER"] == f"<!-- {DRIFT_MARKER} -->"
    for words in ("startswith(env.MARKER)", "--method PATCH", "--method POST", "state=closed"):
        assert words in _steps(writes)


def test_drift_reads_and_writes_no_state() -> None:
    """The one step that has the secrets runs previews of a refresh; a difference fails the run."""
    job = _load(DRIFT)["jobs"]["compare"]
    (step,) = [step for step in job["steps"] if "secrets." in str(step)]
    commands = re.findall(r"pulumi .*", step["run"])
    assert commands
    assert all(command.startswith("pulumi refresh --preview-only --json") for command in commands)
    assert job["steps"][-1]["run"] == 'exit "$STATUS"'
    (engine,) = [step for step in job["steps"] if "pulumi/actions" in step.get("uses", "")]
    assert engine["with"] == {"pulumi-version": CLI_VERSION}


_REVIEWED = {"type": "required_reviewers", "prevent_self_review": True, "reviewers": []}


@pytest.mark.parametrize(
    ("answer", "passes"),
    [
        ({"protection_rules": [{"type": "branch_policy"}, _REVIEWED]}, True),
        ({"protection_rules": [{"type": "branch_policy"}]}, False),
        ({"protection_rules": []}, False),
        ({"message": "Not Found", "status": "404"}, False),
    ],
    ids=["reviewers", "branches alone", "no rule", "no environment"],
)
def test_no_preview_where_nobody_has_to_approve(answer: dict[str, Any], passes: bool, tmp_path: Path) -> None:
    """GitHub offers reviewers on some plans alone: the guard looks, with no secret, before the secrets are there."""
    if not shutil.which("jq"):
        skip_or_fail("the guard needs jq")
    jobs = _load(PREVIEW)["jobs"]
    assert jobs["preview"]["needs"] == "guard"
    assert "environment" not in jobs["guard"]
    program = tmp_path / "gh"
    program.write_text(f"#!/bin/sh\ncat <<'END'\n{json.dumps(answer)}\nEND\n")
    program.chmod(0o755)
    done = subprocess.run(
        ["bash", "-e", "-c", _steps(jobs["guard"])],
        env={"PATH": f"{tmp_path}:{os.environ['PATH']}", "ENVIRONMENT": "repos/x/environments/production-preview"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode == 0) is passes, done.stdout
    assert passes or "has no required reviewers" in done.stdout


def test_the_readme_says_what_githubs_plans_offer() -> None:
    """And what there is to do elsewhere; the workflows' heads say the same."""
    readme = " ".join((ROOT / "README.md").read_text().split())
    for words in (
        "on Enterprise alone",
        "without self-review",
        "a reader's role",
        "`GetObject` and `ListBucket` alone",
    ):
        assert words in readme
    assert "GitHub Enterprise alone" in " ".join(PREVIEW.read_text().replace("#", "").split())


def test_any_other_ci_has_the_workflows_commands() -> None:
    """The page's commands are those that the workflows run."""
    page = (ROOT / "docs" / "ci.md").read_text()
    for file, words in ((PREVIEW, "ops review --markdown"), (DRIFT, "ops drift --markdown")):
        assert words in page and words in file.read_text()
    for words in ("--no-operators", "--alone --missing-ok", "sweep --yes"):
        assert words in page and words in ENVIRONMENTS.read_text()
