"""`make init` at a terminal: what a person is asked, and what becomes of the answers."""

from collections.abc import Callable
from pathlib import Path

import pytest

from fleet.bounded import AskingError
from fleet.command_line import CommandError
from ops.init.questions import planned_vlan
from tests.configuration import OPERATOR_KEY
from tests.unit.ops.init.shipped_files import GIVEN, IMAGE, init, loaded, texts


def asker(*words: str) -> tuple[Callable[[str], str], list[str]]:
    """Somebody who answers these, and what was asked."""
    asked: list[str] = []
    left = iter(words)

    def ask(prompt: str) -> str:
        asked.append(prompt)
        try:
            return next(left)
        except StopIteration:
            raise EOFError from None

    return ask, asked


def at_terminal(monkeypatch: pytest.MonkeyPatch, ask: Callable[[str], str]) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", ask)


def test_a_person_is_asked_five_times(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ask, asked = asker(GIVEN["domain"], GIVEN["mail"], IMAGE, "198.51.100.7/32", "")
    at_terminal(monkeypatch, ask)
    assert init(here) == 0
    assert len(asked) == 5
    assert f"vlan={planned_vlan(GIVEN['domain'])}" in asked[-1]
    assert "regions=GRA11,SBG7,DE1 participants=50" in asked[-1]
    assert str(loaded(here, "witness").env.operators.cidrs[0]) == "198.51.100.7/32"


def test_a_person_who_is_refused_is_asked_again_and_may_change_the_rest(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = (
        "meeting",
        GIVEN["domain"],
        "admin",
        GIVEN["mail"],
        IMAGE,
        "none",
        "size=3",
        "vlan=9999",
        "vlan=1702 participants=60",
    )
    ask, asked = asker(*words)
    at_terminal(monkeypatch, ask)
    assert init(here) == 0
    assert len(asked) == len(words)
    said = capsys.readouterr().out
    assert "environments.production.domain = 'meeting': must be a domain name" in said
    assert "size: must be one of regions, participants, vlan, ssh-key, server" in said
    env = loaded(here, "gra").env
    assert (env.backbone.vlan, env.participants, env.operators.cidrs, env.operators.ssh_public_key) == (
        1702,
        60,
        (),
        None,
    )


def test_enter_keeps_what_the_files_have(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    init(here, **GIVEN, operators="198.51.100.7/32")
    before = texts(here)
    ask, _ = asker(*[""] * 5)
    at_terminal(monkeypatch, ask)
    assert init(here) == 0
    assert texts(here) == before


def test_somebody_who_goes_away_has_nothing_written(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = texts(here)
    ask, _ = asker(GIVEN["domain"])
    at_terminal(monkeypatch, ask)
    with pytest.raises(CommandError, match="no answer: nothing is written"):
        init(here)
    assert texts(here) == before


def test_without_a_key_it_is_asked_for_before_the_networks(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / "home" / ".ssh" / "id_ed25519.pub").unlink()
    ask, asked = asker(GIVEN["domain"], GIVEN["mail"], IMAGE, OPERATOR_KEY, "198.51.100.7/32", "")
    at_terminal(monkeypatch, ask)
    assert init(here) == 0
    assert "ssh-keygen" in asked[3]
    assert loaded(here, "gra").env.operators.ssh_public_key == OPERATOR_KEY


def test_a_registry_that_says_nothing_is_said_to_a_person_who_is_asked_again(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def silent(image: str) -> str:
        raise AskingError("registry.organisation.fr does not answer")

    monkeypatch.setattr("ops.init.questions.digest", silent)
    ask, _ = asker(GIVEN["domain"], GIVEN["mail"], "registry.organisation.fr/meeting:1", IMAGE, "none", "")
    at_terminal(monkeypatch, ask)
    assert init(here) == 0
    assert "does not answer; name it by its digest" in capsys.readouterr().out
