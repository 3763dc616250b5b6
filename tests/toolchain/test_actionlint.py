"""The workflows in the eyes of actionlint, which knows GitHub's syntax, contexts and expressions."""

import subprocess

import pytest

from lab.engine import EngineError, gotools
from tests.configuration import ROOT
from tests.conftest import skip_or_fail


@pytest.fixture(scope="module")
def actionlint() -> str:
    """The program, built from its module unless it is there."""
    try:
        return str(gotools.build("actionlint"))
    except EngineError as error:
        skip_or_fail(f"actionlint cannot be built: {error}")


def test_workflows_are_clean(actionlint: str) -> None:
    """Every file; their scripts too where shellcheck is installed."""
    files = sorted(str(file) for file in (ROOT / ".github" / "workflows").iterdir())
    done = subprocess.run([actionlint, *files], cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_mistake_is_found(actionlint: str) -> None:
    """A context that a job cannot see: else a clean run would say nothing."""
    mistaken = (ROOT / ".github" / "workflows" / "preview.yml").read_text().replace("needs.preview", "needs.previews")
    done = subprocess.run([actionlint, "-"], input=mistaken, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 1
    assert 'property "previews" is not defined' in done.stdout
