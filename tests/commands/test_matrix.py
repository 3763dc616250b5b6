"""Every command while something is away: it says what it could not ask, does the rest, and ends soon.

The regions' APIs are a real HTTP server's that refuses, resets, hangs, or answers 429 and 503; a dead edge takes
connections and says nothing, a dead server no login. `pulumi` and `ssh` are programs of the tests.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.commands.cloud import AWAY
from tests.commands.deployment import Deployment, Ended, deployment, server

ALL = ("gra", "sbg", "witness")
TRUSTED = ("--authority", "authority.pem")
# A command that only asks ends within it, whatever is away.
MINUTE = 60
FAULTS = (*AWAY, "edge", "witness", "outputs")


@dataclass(frozen=True)
class Command:
    """One command.

    Attributes:
        words: what is run.
        status: its exit status while all is well.
        last: how its last line begins then.
        fails: the faults with which it cannot be 0, each with what it says of them.
    """

    words: tuple[str, ...]
    last: str
    fails: dict[str, str]
    status: int = 0


_API: dict[str, str] = dict.fromkeys(AWAY, "GRA11")
_API_OF_RULES: dict[str, str] = dict.fromkeys(AWAY, "production-gra-meeting-1 rules: cannot be looked up")
_ASKS_SERVERS = {"edge": "production-gra-edge-1", "witness": "production-witness-witness-1", "outputs": "stack gra"}
COMMANDS = {
    "status": Command(
        ("ops", "status", *ALL, *TRUSTED), "ok   production-sbg-meeting-1 opens a room", {**_API, **_ASKS_SERVERS}
    ),
    "ssh": Command(("ops", "ssh", *ALL), "ssh -F", {"outputs": "stack gra is not deployed"}),
    "plan": Command(("ops", "roll", *ALL, *TRUSTED, "--site", "gra", "--plan"), "gra: in service", {}),
    "undo": Command(
        ("ops", "roll", *ALL, *TRUSTED, "--site", "gra", "--undo"),
        "gra is in service as it is",
        {"edge": "production-gra-edge-1 cannot be asked", "outputs": "stack gra is not deployed"},
    ),
    "drain": Command(
        ("ops", "drain", *ALL, "--site", "sbg"),
        "ok   production-witness-witness-1",
        {"edge": "production-gra-edge-1: could not be told", "witness": "could not be told", "outputs": "stack gra"},
    ),
    "undrain": Command(
        ("ops", "drain", *ALL, "--site", "sbg", "--undo"),
        "ok   production-witness-witness-1",
        {"edge": "production-gra-edge-1: could not be told", "witness": "could not be told", "outputs": "stack gra"},
    ),
    "promote": Command(("ops", "promote", "sbg"), "sbg is the master", {}),
    "checklist": Command(
        ("ops", "checklist", *ALL, *TRUSTED), "5 of 7 ticked", {**_API_OF_RULES, **_ASKS_SERVERS}, status=1
    ),
    "images": Command(("ops", "images", *ALL, "--refresh"), "witness: nothing to change", _API),
    "secrets": Command(("ops", "secrets", *ALL), "witness: nothing to change", {}),
    "drift": Command(("ops", "drift", *(f"{s}=backend/{s}.refresh" for s in ALL)), "Nothing differs.", {}),
    "quotas": Command(("ops", "quotas", *ALL), "}", {}),
    "sweep": Command(
        ("ops", "env-sweep"),
        "nothing has expired",
        {away: "not swept: GRA11" for away in AWAY if away != "hanging"},
    ),
    "dashboards": Command(("ops", "dashboards", *ALL), "Alertmanager: http", {}),
}
# What a command says though it can do all that it is for.
ALSO = {"drift": "Rules that somebody added were not looked for", "quotas": "does not say"}


@pytest.fixture
def deployed(tmp_path: Path) -> Iterator[Deployment]:
    """All is well."""
    with deployment(tmp_path) as found:
        yield found


def away(found: Deployment, fault: str) -> None:
    """Have a fault begin."""
    match fault:
        case "edge" | "witness":
            found.dead.append(server("gra" if fault == "edge" else fault, fault))
        case "outputs":
            (found.directory / "backend/gra.outputs").write_text("{}")
        case _:
            found.cloud.regions["GRA11"].away = fault  # type: ignore[assignment] # one of AWAY


def run(found: Deployment, name: str) -> Ended:
    """Run a command; an undo has something to undo."""
    found.table(**({"gra_1": "DRAIN"} if name == "undo" else {}))
    return found.run(*COMMANDS[name].words, timeout=2 * MINUTE)


def test_while_all_is_well(deployed: Deployment) -> None:
    """So that what the others show is the fault's."""
    for name, command in COMMANDS.items():
        ended = run(deployed, name)
        assert "Traceback" not in ended.out, (name, ended.out)
        assert ended.status == command.status, (name, ended.out)
        assert ended.last.startswith(command.last), (name, ended.out)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", COMMANDS)
def test_while_something_is_away(deployed: Deployment, name: str, fault: str) -> None:
    """No traceback, no endless wait; exit status 0 only where the command did all that it is for."""
    command = COMMANDS[name]
    away(deployed, fault)
    ended = run(deployed, name)
    assert "Traceback" not in ended.out, ended.out
    assert ended.seconds < MINUTE, ended.out
    if fault in command.fails:
        assert ended.status == 1, ended.out
        assert command.fails[fault] in ended.out, ended.out
    else:
        assert ended.status == command.status, ended.out
        if fault in AWAY and name in ALSO:
            assert ALSO[name] in ended.out or "no answer within" in ended.out


def test_status_says_everything_of_the_others(deployed: Deployment) -> None:
    """The site whose region does not answer is unknown; all else is asked and told."""
    away(deployed, "503")
    ended = run(deployed, "status")
    assert "production-gra-edge-1         GRA11   edge     127.0.0.1  10.17.0.4   ?" in ended.out
    assert "production-sbg-edge-1         SBG7    edge     127.0.0.3  10.17.1.4   ACTIVE" in ended.out
    assert "BAD  GRA11's API: GRA11 does not say: HTTP 503\n" in ended.out
    assert ended.out.count("\nok   ") >= 10
