"""Where a drill refuses to begin; nothing is asked of a cloud before that."""

from pathlib import Path

import pytest

from drill.cloud_target import Operator, cloud_target
from drill.target import TargetError
from lab import Lab
from lab.deployment import Deployment
from lab.drill_target import lab_target
from tests.configuration import ROOT, deployable, production


def refusal(names: list[str], directory: Path) -> str:
    with pytest.raises(TargetError) as refused, cloud_target(names, Operator(directory)):
        pass
    return str(refused.value)


def test_settings_that_are_refused_are_said_to_be() -> None:
    """As the project ships them: no image."""
    said = refusal(["gra", "sbg", "witness"], ROOT)
    assert said == "production: meeting.delivery.container.image: Field required; `pulumi preview` says what to write"


def test_a_production_environment_wants_to_be_meant(tmp_path: Path) -> None:
    said = refusal(["gra", "sbg", "witness"], deployable(tmp_path))
    assert said == "production is a production environment: people will notice; --yes-i-mean-it"


def test_an_unknown_stack_is_named_by_its_file(tmp_path: Path) -> None:
    assert refusal(["nowhere"], tmp_path).startswith(f"no such stack file: {tmp_path}/Pulumi.nowhere.yaml")


def test_stacks_of_several_environments_are_refused(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / f"Pulumi.{name}.yaml").write_text(f"config: {{'multiparty-meeting:environment': {name}}}\n")
    assert refusal(["one", "two"], tmp_path).startswith("the stacks are of several environments: one, two; ")


def test_every_site_of_the_environment_is_named(tmp_path: Path) -> None:
    with pytest.raises(TargetError, match="production has more sites: name the stacks of sbg, witness as well"):
        cloud_target(["gra"], Operator(deployable(tmp_path), production=True)).__enter__()


def test_two_sites_without_a_witness_are_refused(tmp_path: Path) -> None:
    """In a sentence, before anything is asked of the cloud."""
    sites = production()["sites"]
    del sites["witness"]
    assert refusal(["gra", "sbg"], deployable(tmp_path, sites=sites)) == (
        "production has no witness: after a lost master nobody elects another one, and a person has to promote "
        "(`make promote`); a drill measures what happens by itself"
    )


def test_a_lab_that_is_down_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    with (
        pytest.raises(TargetError, match="the lab nowhere is not up: make demo"),
        lab_target(Deployment(Lab("nowhere"))),
    ):
        pass
