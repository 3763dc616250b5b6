"""A Pulumi project in a directory of its own, run by the engine on a file backend."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lab.engine import installation


@dataclass(frozen=True)
class Project:
    """A program and its one stack.

    Attributes:
        directory: where the program is; tests leave files of their own beside it.
        variables: what `pulumi` runs with.
    """

    directory: Path
    variables: dict[str, str]

    def write(self, body: str) -> None:
        """Replace the program; `pulumi`, `local` and `remote` are imported."""
        imports = "import pulumi\nfrom pulumi_command import local, remote\n"
        (self.directory / "__main__.py").write_text(imports + body)

    def pulumi(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run the CLI; its whole output is in the failure if it must succeed and does not."""
        done = subprocess.run(
            ["pulumi", "--non-interactive", "--color", "never", *arguments],
            cwd=self.directory,
            env=self.variables,
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )
        assert not check or done.returncode == 0, f"pulumi {arguments}:\n{done.stdout}\n{done.stderr}"
        return done

    def up(self, body: str) -> dict[str, Any]:
        """Deploy a program; the stack's outputs, secrets in clear."""
        self.write(body)
        self.pulumi("up", "--yes", "--skip-preview")
        outputs: dict[str, Any] = json.loads(self.pulumi("stack", "output", "--json", "--show-secrets").stdout)
        return outputs

    def operations(self, body: str) -> dict[str, str]:
        """What a preview of a program would do to the resources that do not stay as they are: operation by name."""
        self.write(body)
        steps = json.loads(self.pulumi("preview", "--json").stdout)["steps"]
        return {step["urn"].rsplit("::", 1)[1]: step["op"] for step in steps if step["op"] != "same"}

    def state(self) -> str:
        """The stack's state as it lies on the disk."""
        return "".join(file.read_text() for file in self.directory.glob("state/.pulumi/stacks/**/*.json"))


@pytest.fixture(scope="session")
def engine_variables() -> dict[str, str]:
    """The environment of the engine built here, built if it has to be: these tests are about its parts."""
    return installation.own_environment()


@pytest.fixture
def project(tmp_path: Path, engine_variables: dict[str, str]) -> Project:
    """An empty project with a stack; it goes with the test's directory."""
    (tmp_path / "state").mkdir()
    (tmp_path / "Pulumi.yaml").write_text("name: trial\nruntime:\n  name: python\n")
    variables = engine_variables | {
        "PULUMI_BACKEND_URL": f"file://{tmp_path}/state",
        "PULUMI_CONFIG_PASSPHRASE": "trial",
    }
    trial = Project(tmp_path, variables)
    trial.pulumi("stack", "init", "one")
    return trial
