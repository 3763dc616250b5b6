"""The program as a whole: the configuration it reads, the provider it makes, what it does when it is refused."""

import runpy
from collections.abc import Collection
from typing import Any

import pulumi
import pytest
from pulumi.runtime import config

from fleet.outputs import ExportedServer, StackOutputs
from settings import PROJECT
from settings.load import SECRET_KEYS
from tests.component.cloud import Recorder, deploy, run
from tests.configuration import ROOT, SECRETS, values
from tests.unit.boot.golden import DNS, MONITORED

PROVIDER = "pulumi:providers:openstack"


def _program() -> None:
    runpy.run_path(str(ROOT / "__main__.py"), run_name="__main__")


def _run(
    monkeypatch: pytest.MonkeyPatch,
    changes: dict[str, Any] | None = None,
    *,
    stack: str = "gra",
    secret: Collection[str] = SECRET_KEYS,
    preview: bool = False,
    state: dict[str, Any] | None = None,
) -> Recorder:
    """Run `__main__.py` with a stack's configuration, as the language host does."""
    monkeypatch.delenv("OS_REGION_NAME", raising=False)
    given = {f"{PROJECT}:{key}": text for key, text in values(stack, changes).items()}
    config.set_all_config({**given, "openstack:region": "elsewhere"}, [f"{PROJECT}:{key}" for key in secret])

    recorder, _ = run(stack, _program, preview=preview, state=state)
    return recorder


@pytest.mark.parametrize(("stack", "region"), [("gra", "GRA11"), ("sbg", "SBG7"), ("witness", "DE1")])
def test_every_resource_is_made_by_one_provider(stack: str, region: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The stack's own, for its region and patient with OVH's limits; nobody falls back on the default one."""
    recorder = _run(monkeypatch, stack=stack)
    (provider,) = [resource for resource in recorder.registered if resource.type == PROVIDER]
    assert (provider.inputs["region"], provider.inputs["maxRetries"]) == (region, "10")
    made = [resource for resource in recorder.registered if resource.type.startswith("openstack:")]
    assert len(made) > 10
    assert not [resource.urn for resource in made if not resource.options.provider.startswith(provider.urn)]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"gatewy": "m"}, "stack gra: gatewy: unknown key; did you mean gateway?"),
        ({"cookie_secret": None, "region": "GRA"}, "stack gra: cookie_secret: is missing"),
        (
            {"env.recovery_objective.seconds": 30},
            "stack gra: environments.production.recovery_objective.seconds = 30: is missed by join after site-isolated",
        ),
        ({"env.meeting.config": {"padding": "x" * 50_000}}, "stack gra: boot document of production-gra-meeting-1"),
        (
            DNS | {"env.deployed": ["gra", "sbg"]},
            "stack gra: environments.production.deployed = 'sbg': unknown stack \"organization/multiparty-meeting/sbg",
        ),
    ],
)
def test_a_refused_configuration_registers_nothing(
    changes: dict[str, Any], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A misspelt key, a wrong value, a missed objective, a boot document too long: all before the first resource."""
    registered: list[str] = []
    monkeypatch.setattr(Recorder, "RegisterResource", lambda _, request: registered.append(request.type))
    with pytest.raises(pulumi.RunError, match="stack gra") as refused:
        _run(monkeypatch, changes)
    assert words in str(refused.value)
    assert not [type_ for type_ in registered if type_ != "pulumi:pulumi:Stack"]
    assert not [text for text in SECRETS.values() if text in str(refused.value)]


@pytest.mark.parametrize(
    ("stack", "preview", "shown"), [("gra", True, 1), ("gra", False, 0), ("sbg", True, 0), ("witness", True, 0)]
)
def test_a_preview_of_the_primary_site_shows_the_worst_cases(
    stack: str, preview: bool, shown: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once for the environment: not by the other stacks, and not again when `pulumi up` goes on after its preview."""
    said: list[str] = []
    monkeypatch.setattr(pulumi.log, "info", said.append)
    _run(monkeypatch, stack=stack, preview=preview)
    tables = [text for text in said if text.startswith("worst case after a fault, in seconds")]
    assert len(tables) == shown
    assert all("\nsite-off " in text for text in tables)
    assert said.count("backbone: vRack VLAN 1701, 10.17.0.0/22") == shown


def test_a_missed_objective_may_only_be_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """`on_miss: warn` lets the program go on, with the refusal's words."""
    said: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", said.append)
    recorder = _run(monkeypatch, {"env.recovery_objective": {"seconds": 30, "on_miss": "warn"}})
    assert recorder.registered
    assert [text for text in said if text.startswith("recovery_objective.seconds = 30 is missed by join after ")]


@pytest.mark.parametrize(("stack", "exported"), [("gra", True), ("sbg", False), ("witness", False)])
def test_the_primary_sites_stack_exports_the_worst_cases(stack: str, exported: bool) -> None:
    """For whoever compares two previews; one stack of an environment is enough."""
    outputs = deploy(stack).exported
    assert ("recovery" in outputs) == exported
    if exported:
        assert outputs["recovery"]["edge-lost"] == {"page": 23.0, "join": 46.5, "write": "-", "media": 17.5}


def test_a_secret_in_clear_stops_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """What Pulumi says about a key's encryption arrives at the settings."""
    with pytest.raises(pulumi.RunError, match="redis_password: is in clear; encrypt it: pulumi config set --secret"):
        _run(monkeypatch, secret=SECRET_KEYS - {"redis_password"})


def test_the_environment_may_not_name_another_region(monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK takes OS_REGION_NAME, the provider the stack's region: two answers would be two clouds."""
    given = {f"{PROJECT}:{key}": text for key, text in values("gra").items()}
    config.set_all_config(given, [f"{PROJECT}:{key}" for key in SECRET_KEYS])
    monkeypatch.setenv("OS_REGION_NAME", "SBG7")
    with pytest.raises(pulumi.RunError, match="OS_REGION_NAME is SBG7: unset it, or make it GRA11"):
        run("gra", _program)


def _in(region: str) -> dict[str, Any]:
    """A state with the beginning of a site, as an `up` leaves it that was stopped early."""
    urn = "urn:pulumi:gra::multiparty-meeting::openstack:networking/network:Network::production-gra-local"
    return {
        "urn:pulumi:gra::multiparty-meeting::pulumi:pulumi:Stack::gra": {"type": "pulumi:pulumi:Stack", "outputs": {}},
        urn: {"type": "openstack:networking/network:Network", "outputs": {"region": region}},
    }


@pytest.mark.parametrize("preview", [True, False])
def test_another_region_is_refused_while_the_stack_is_deployed(preview: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """No resource would change: the engine would say "updated", and nothing would be in the new region."""
    registered: list[str] = []
    monkeypatch.setattr(Recorder, "RegisterResource", lambda _, request: registered.append(request.type))
    with pytest.raises(pulumi.RunError) as refused:
        _run(monkeypatch, {"region": "SBG7"}, preview=preview, state=_in("GRA11"))
    assert str(refused.value) == (
        "stack gra: region = 'SBG7': production-gra-local and more of this stack is in GRA11, and stays there. Write "
        "GRA11 again, or make the site anew in SBG7: docs/runbook.md#region-changed"
    )
    assert not [type_ for type_ in registered if type_ != "pulumi:pulumi:Stack"]


def test_the_region_of_what_is_deployed_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _run(monkeypatch, state=_in("GRA11")).registered


@pytest.mark.parametrize("stack", ["gra", "sbg", "witness"])
@pytest.mark.parametrize("changes", [{}, DNS, MONITORED | {"env.deployed": []}], ids=["shipped", "zone", "monitored"])
def test_who_reads_a_stacks_outputs_knows_every_one(stack: str, changes: dict[str, Any]) -> None:
    """By the names and kinds of `StackOutputs`, the servers' too."""
    exported = deploy(stack, changes).exported
    assert exported.keys() <= StackOutputs.model_fields.keys()
    read = StackOutputs.model_validate(exported)
    assert (read.site, list(read.servers)) == (stack, list(exported["servers"]))
    for server in exported["servers"].values():
        assert server.keys() == ExportedServer.model_fields.keys()
