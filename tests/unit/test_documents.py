"""What the documents beside the runbook promise: commands, files and services that are there."""

import re
from pathlib import Path

import pytest
import yaml
from check_jsonschema import main as check_jsonschema
from click.testing import CliRunner

from boot.common import JOURNAL_DAYS, common
from settings.addresses import Role
from tests.configuration import OPERATOR_KEY, ROOT, settings
from tests.unit.boot.test_monitoring import JUDGES

DOCUMENTS = ("README.md", "CONTRIBUTING.md", "docs/upgrading.md", "docs/architecture.md", "docs/settings.md")
DEPENDABOT = ROOT / ".github" / "dependabot.yml"
CHECK = ROOT / ".github" / "workflows" / "check.yml"


@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_document_names_commands_that_there_are(document: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    text = (ROOT / document).read_text()
    named = set(re.findall(r"(?:`|^)make ([a-z-]+)", text, re.MULTILINE))
    assert named
    assert named <= targets


@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_document_leads_to_files_that_there_are(document: str) -> None:
    place = (ROOT / document).parent
    linked = re.findall(r"\]\((?!https?:)([^)#]+)", (ROOT / document).read_text())
    assert linked
    assert not [link for link in linked if not (place / link).exists()]


@pytest.mark.parametrize(
    ("schema", "file"),
    [
        ("vendor.dependabot", DEPENDABOT),
        *(("vendor.github-workflows", file) for file in sorted(CHECK.parent.iterdir())),
    ],
    ids=lambda value: getattr(value, "name", value),
)
def test_github_can_read_the_file(schema: str, file: Path) -> None:
    done = CliRunner().invoke(check_jsonschema, ["--builtin-schema", schema, str(file)])
    assert done.exit_code == 0, done.output


def test_the_schema_refuses_what_it_does_not_know(tmp_path: Path) -> None:
    broken = tmp_path / "dependabot.yml"
    broken.write_text(DEPENDABOT.read_text().replace("gomod", "golang"))
    assert CliRunner().invoke(check_jsonschema, ["--builtin-schema", "vendor.dependabot", str(broken)]).exit_code == 1


def test_every_kind_of_pinned_dependency_is_kept_up_to_date() -> None:
    """Each folder with a file that pins is one that is looked at."""
    updates = yaml.safe_load(DEPENDABOT.read_text())["updates"]
    for ecosystem, pinning in (("pip", "requirements*.in"), ("gomod", "lab/**/go.mod"), ("npm", "lab/**/package.json")):
        (update,) = [one for one in updates if one["package-ecosystem"] == ecosystem]
        looked = [one.lstrip("/") for one in update.get("directories", [update.get("directory")])]
        covered = {folder.resolve() for one in looked for folder in (ROOT.glob(one) if one else [ROOT])}
        found = {file.parent.resolve() for file in ROOT.glob(pinning)}
        assert found
        assert found <= covered, ecosystem
    assert "github-actions" in {one["package-ecosystem"] for one in updates}


def test_the_check_has_what_the_tests_have_judge_the_files() -> None:
    """In CI a missing program is a failure: the package that a test would name is installed before."""
    sources = "\n".join(file.read_text() for file in (ROOT / "tests" / "unit").rglob("test_*.py"))
    asked = set(re.findall(r'\bprogram\("[\w-]+", "([\w-]+)"\)', sources)) | {package for _, package in JUDGES.values()}
    steps = yaml.safe_load(CHECK.read_text())["jobs"]["check"]["steps"]
    (install,) = [step["run"] for step in steps if "apt-get" in step.get("run", "")]
    assert len(asked) > 5
    assert asked - {"apt"} <= set(install.split())


def test_the_page_about_what_is_kept_says_what_is_configured() -> None:
    """Times that somebody relies on: of journals, rooms, figures."""
    page = (ROOT / "docs" / "data-kept.md").read_text()
    operators = {"cidrs": ["198.51.100.0/24"], "ssh_public_key": OPERATOR_KEY}
    told = {"env.monitoring": {"webhook": True}, "alert_webhook_url": "https://alerts.example/"}
    given = settings(changes={**told, "env.operators": operators})
    assert f"{JOURNAL_DAYS} days, 500 MB" in page
    journal = next(f for f in common(given, Role.EDGE).files if f.path.endswith("journald.conf.d/60-multiparty.conf"))
    assert journal.content == f"[Journal]\nMaxRetentionSec={JOURNAL_DAYS}day\nSystemMaxUse=500M\n"
    assert f"`edge.room_table.expire`: {given.env.edge.room_table.expire.removesuffix('h')} h" in page
    assert given.env.monitoring
    assert f"`monitoring.retention`: {given.env.monitoring.retention}" in page
