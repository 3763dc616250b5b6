"""Every command while something is away: it says what it could not ask, does the rest, and ends soon.

The regions' APIs are a real HTTP server's that refuses, resets, hangs, or answers 429 and 503; a dead edge takes
connections and says nothing, a dead server no login. `pulumi` and `ssh` are programs of the tests.
"""

import json
import re
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace

import pytest

from tests.commands.cloud import AWAY, Away
from tests.commands.deployment import Deployment, Ended, deployment, servers_of_all
from tests.commands.persons import name_persons
from tests.commands.stacks import server
from tests.configuration import ROOT

ALL = ("gra", "sbg", "witness")
TRUSTED = ("--authority", "authority.pem")
# A command that only asks ends within it, whatever is away.
MINUTE = 60
DEAD = {"edge": server("gra", "edge"), "witness": server("witness", "witness")}
FAULTS = (*AWAY, *DEAD, "outputs")
# How many run at the same time; those that wait for an API take nothing from the others.
BESIDE = 3


@dataclass(frozen=True)
class Command:
    """One command.

    Attributes:
        words: what is run.
        target: which of `make` runs it.
        status: its exit status while all is well.
        last: how its last line begins then.
        fails: the faults with which it cannot be 0, each with what it says of them.
    """

    words: tuple[str, ...]
    target: str
    last: str
    fails: dict[str, str]
    status: int = 0


_API: dict[str, str] = dict.fromkeys(AWAY, "GRA11")
_API_OF_RULES: dict[str, str] = dict.fromkeys(AWAY, "production-gra-meeting-1 rules: cannot be looked up")
_ASKS_SERVERS = {"edge": "production-gra-edge-1", "witness": "production-witness-witness-1", "outputs": "stack gra"}
_TELLS = {"edge": "production-gra-edge-1: could not be told", "witness": "could not be told", "outputs": "stack gra"}
_PREVIEWS = tuple(f"{stack}=backend/{stack}.preview" for stack in ALL)
_ROLL = ("ops", "roll", *ALL, *TRUSTED, "--site", "gra")
COMMANDS = {
    "status": Command(
        ("ops", "status", *ALL, *TRUSTED),
        "status",
        "ok   production-sbg-meeting-1 opens a room",
        {**_API, **_ASKS_SERVERS},
    ),
    "ssh": Command(("ops", "ssh", *ALL), "ssh", "ssh -F", {"outputs": "stack gra is not deployed"}),
    "plan": Command((*_ROLL, "--plan"), "roll", "gra: in service", {}),
    "undo": Command(
        (*_ROLL, "--undo"),
        "roll",
        "gra is in service as it is",
        {"edge": "production-gra-edge-1 cannot be asked", "outputs": "stack gra is not deployed"},
    ),
    "undo-node": Command(
        (*_ROLL[:-2], "--node", "gra-meeting-1", "--undo"),
        "roll",
        "gra-meeting-1 is in service as it is",
        {"edge": "production-gra-edge-1 cannot be asked", "outputs": "stack gra is not deployed"},
    ),
    "drain-node": Command(
        ("ops", "drain", *ALL, "--node", "sbg-meeting-1"),
        "drain",
        "sbg has no other meeting server: new rooms go to the other site",
        {"edge": "production-gra-edge-1: could not be told", "outputs": "its edge could not be told: stack gra"},
    ),
    "drain": Command(("ops", "drain", *ALL, "--site", "sbg"), "drain", "ok   production-witness-witness-1", _TELLS),
    "undrain": Command(
        ("ops", "drain", *ALL, "--site", "sbg", "--undo"), "undrain", "ok   production-witness-witness-1", _TELLS
    ),
    "promote": Command(("ops", "promote", "sbg"), "promote", "sbg is the master", {}),
    "checklist": Command(
        ("ops", "checklist", *ALL, *TRUSTED), "checklist", "5 of 7 ticked", {**_API_OF_RULES, **_ASKS_SERVERS}, 1
    ),
    "images": Command(("ops", "images", *ALL, "--refresh"), "images", "witness: nothing to change", _API),
    "secrets": Command(("ops", "secrets", *ALL), "secrets", "witness: nothing to change", {}),
    "review": Command(("ops", "review", *_PREVIEWS, "--patience", "5"), "review", "", {}, 1),
    "drift": Command(("ops", "drift", *(f"{s}=backend/{s}.refresh" for s in ALL)), "drift", "Nothing differs.", {}),
    "quotas": Command(("ops", "quotas", *ALL), "review", "}", {}),
    "leftovers": Command(("ops", "leftovers", "gra"), "leftovers", "gra: nothing is left of it", _API),
    "sweep": Command(("ops", "env-sweep"), "env-sweep", "nothing has expired", dict.fromkeys(AWAY, "not swept: GRA11")),
    "keys": Command(
        ("ops", "keys", *ALL, "--identity", "alice"),
        "keys",
        "ok   production-witness-witness-1 keys: 1 may log in",
        _ASKS_SERVERS,
    ),
    "dashboards": Command(("ops", "dashboards", *ALL), "dashboards", "Alertmanager: http", {}),
}
# What a command says though it can do all that it is for.
ALSO = {
    "drift": "Rules that somebody added were not looked for",
    "quotas": "does not say",
    "review": "GRA11",
}
# They change what the nameservers say, which others ask.
TELLING = ("drain", "undrain")
_HERE = "of this machine: no environment is asked"
_OTHERS = {
    **dict.fromkeys(("help", "check", "contract", "settings", "format", "bench", "bench-failover"), _HERE),
    **dict.fromkeys(("test", "test-long", "test-machines", "demo", "demo-down"), _HERE),
    "init": _HERE,
    "load": "it measures an environment that is whole",
    "preflight": "what it says while something is away: tests/commands/test_preflight.py",
    **dict.fromkeys(("state-bucket", "up"), "they make what is not there yet: tests/engine, tests/toolchain"),
    **dict.fromkeys(("lab-status", "lab-checklist"), "the same commands, on the demo"),
    **dict.fromkeys(("drill", "drill-repair", "drill-alerts"), "they do the faults, and undo them"),
    **dict.fromkeys(
        ("env-up", "env-down"), "they wait for an API that has a bad moment: tests/engine/test_environments.py"
    ),
}


def test_no_command_is_left_out() -> None:
    """Each that `make` has is here, or has a reason why it is not."""
    line = re.findall(r"^\.PHONY: (help .*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)[0]
    here = {command.target for command in COMMANDS.values()}
    assert not here & _OTHERS.keys()
    assert here | _OTHERS.keys() == set(line.split())


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[tuple[str, str], "Future[Ended]"]]:
    """How each command ended with each fault, and with none: as many as can at the same time."""
    with ExitStack() as entered:
        whole = entered.enter_context(deployment(tmp_path_factory.mktemp("matrix") / "whole"))
        few = entered.enter_context(ThreadPoolExecutor(BESIDE))
        waiting = entered.enter_context(ThreadPoolExecutor(len(AWAY) * len(COMMANDS)))
        found: dict[tuple[str, str], Future[Ended]] = {}
        places = {"none": whole, "outputs": whole.beside("outputs")}
        (places["outputs"].directory / "backend/gra.outputs").write_text("{}")
        for away in AWAY:
            others = entered.enter_context(servers_of_all())
            others.regions["GRA11"].away = away
            places[away] = whole.beside(away, others)
        for fault in ("hanging", *(fault for fault in places if fault != "hanging")):
            for name in COMMANDS.keys() - TELLING:
                pool = waiting if fault == "hanging" or name in ("sweep", "leftovers") else few
                found[name, fault] = pool.submit(_run, places[fault], fault, name)
        _wait(found)
        for fault, place in places.items():
            # The nameservers answer by the files of the first one.
            found |= _tell(place if fault == "outputs" else replace(whole, cloud=place.cloud), fault, few)
        for fault, dead in DEAD.items():
            whole.dead[:] = [dead]
            found |= {(name, fault): few.submit(_run, whole, fault, name) for name in COMMANDS.keys() - TELLING}
            _wait(found)
            found |= _tell(whole, fault, few)
        yield found


def _cut_off(place: Deployment) -> None:
    """An `up` of GRA's was: what it may have made is looked for."""
    file = place.directory / "backend/gra.state"
    state = json.loads(file.read_text())
    begun = {"resource": {"type": "openstack:networking/network:Network", "urn": "urn::x", "inputs": {}}}
    state["deployment"]["pending_operations"] = [{**begun, "type": "creating"}]
    file.write_text(json.dumps(state))


def _run(place: Deployment, fault: str, name: str) -> Ended:
    """Run a command; an undo has something to undo."""
    own = place if name in TELLING else place.beside(f"{fault}-{name}")
    if name == "leftovers":
        _cut_off(own)
    if name == "keys":
        name_persons(own, "alice")
    own.table(**({"gra_1": "DRAIN"} if name in ("undo", "undo-node") else {}))
    return own.run(*COMMANDS[name].words, timeout=2 * MINUTE)


def _tell(place: Deployment, fault: str, pool: ThreadPoolExecutor) -> dict[tuple[str, str], "Future[Ended]"]:
    """Those that change what nameservers say, one after the other."""
    found = {}
    for name in TELLING:
        found[name, fault] = pool.submit(_run, place, fault, name)
        _wait(found)
    return found


def _wait(found: dict[tuple[str, str], "Future[Ended]"]) -> None:
    for future in found.values():
        future.exception()


@pytest.mark.parametrize("name", COMMANDS)
def test_while_all_is_well(ended: dict[tuple[str, str], "Future[Ended]"], name: str) -> None:
    """So that what the others show is the fault's."""
    command, done = COMMANDS[name], ended[name, "none"].result()
    assert "Traceback" not in done.out
    assert done.status == command.status, done.out
    assert done.last.startswith(command.last), done.out


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", COMMANDS)
def test_while_something_is_away(ended: dict[tuple[str, str], "Future[Ended]"], name: str, fault: str) -> None:
    """No traceback, no endless wait; exit status 0 only where the command did all that it is for."""
    command, done = COMMANDS[name], ended[name, fault].result()
    assert "Traceback" not in done.out, done.out
    assert done.seconds < MINUTE, done.out
    if fault in command.fails:
        assert done.status == 1, done.out
        assert command.fails[fault] in done.out, done.out
    else:
        assert done.status == command.status, done.out
        if fault in AWAY and name in ALSO:
            assert ALSO[name] in done.out or "no answer within" in done.out


def test_status_says_everything_of_the_others(ended: dict[tuple[str, str], "Future[Ended]"]) -> None:
    """The site whose region does not answer is unknown; all else is asked and told."""
    away: Away = "503"
    said = ended["status", away].result().out
    assert "production-gra-edge-1         GRA11   edge     127.0.0.1  10.17.0.4   ?" in said
    assert "production-sbg-edge-1         SBG7    edge     127.0.0.3  10.17.1.4   ACTIVE" in said
    assert "BAD  GRA11's API: GRA11 does not say: HTTP 503\n" in said
    assert said.count("\nok   ") >= 10
