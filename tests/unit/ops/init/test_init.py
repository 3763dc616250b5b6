"""`make init`: what it asks, what it writes, what it refuses; the files that it writes are the program's own."""

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import yaml

from fleet.bounded import AskingError
from fleet.command_line import CommandError
from ops.init import answers, command, found
from ops.init.questions import planned_vlan
from settings.load import load_settings
from settings.stack import Settings
from tests.configuration import DIGEST, IMAGE_ID, OPERATOR_KEY, ROOT, SECRETS
from tests.unit.registry import registry

STACKS = ("gra", "sbg", "witness")
FILES = ("Pulumi.yaml", *(f"Pulumi.{stack}.yaml" for stack in STACKS))
IMAGE = f"registry.organisation.fr/meeting@{DIGEST}"
GIVEN = {"domain": "meeting.organisation.fr", "mail": "admin@organisation.fr", "image": IMAGE}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The shipped files, on an operator's machine behind a NAT; nobody is at the terminal."""
    home = tmp_path / "home"
    (home / ".ssh").mkdir(parents=True)
    (home / ".ssh" / "id_ed25519.pub").write_text(OPERATOR_KEY + "\n")
    for name in FILES:
        shutil.copy(ROOT / name, tmp_path)
    monkeypatch.setattr(Path, "home", lambda: home)
    monkeypatch.setattr(found, "public_address", lambda: None)
    monkeypatch.delenv("OS_AUTH_URL", raising=False)
    monkeypatch.delenv("OS_CLOUD", raising=False)
    return tmp_path


def init(directory: Path, **options: str | bool) -> int:
    return command.main(directory=directory, **options)  # type: ignore[arg-type] # what the command line gives


def texts(directory: Path) -> dict[str, str]:
    return {name: (directory / name).read_text() for name in FILES}


def loaded(directory: Path, stack: str) -> Settings:
    """As `pulumi up` has them, once secrets and image ids are there."""
    shared = yaml.safe_load((directory / "Pulumi.yaml").read_text())["config"]
    config = {key: entry["value"] for key, entry in shared.items()}
    config |= yaml.safe_load((directory / f"Pulumi.{stack}.yaml").read_text())["config"]
    values = {key.removeprefix("multiparty-meeting:"): value for key, value in config.items()}
    values["image"]["id"] = values["image"].get("id", IMAGE_ID)
    as_text = {key: value if isinstance(value, str) else json.dumps(value) for key, value in values.items()}
    return load_settings(as_text | SECRETS, stack=stack, encrypted=SECRETS)


def changed_lines(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    return [
        line.strip()
        for name, text in after.items()
        for line in text.splitlines()
        if line not in before[name].splitlines()
    ]


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


def test_without_a_terminal_the_options_are_enough_and_each_stack_loads(here: Path) -> None:
    before = texts(here)
    assert (
        init(here, **GIVEN, operators="198.51.100.7 203.0.113.0/24", regions="GRA9,SBG5,WAW1", participants="80") == 0
    )
    settings = [loaded(here, stack) for stack in STACKS]
    env = settings[0].env
    assert (env.domain, env.participants) == ("meeting.organisation.fr", 80)
    assert [one.region for one in settings] == ["GRA9", "SBG5", "WAW1"]
    assert [str(cidr) for cidr in env.operators.cidrs] == ["198.51.100.7/32", "203.0.113.0/24"]
    assert env.operators.ssh_public_key == OPERATOR_KEY
    lines = changed_lines(before, texts(here))
    assert len(lines) == 10
    for name, text in texts(here).items():
        assert [line for line in before[name].splitlines() if "#" in line and line.split("#", 1)[1] not in text] == []


def test_said_again_it_changes_what_is_said_and_nothing_else(here: Path) -> None:
    init(here, **GIVEN)
    before = texts(here)
    assert init(here) == 0
    assert texts(here) == before
    assert init(here, participants="120") == 0
    (line,) = changed_lines(before, texts(here))
    assert line.startswith("participants: 120 # at the same time")
    assert loaded(here, "gra").env.backbone.vlan == int(planned_vlan(GIVEN["domain"]))


def test_an_operator_s_own_words_stay(here: Path) -> None:
    """Another VLAN, a section of an option, a comment, what is encrypted."""
    init(here, **GIVEN)
    project = here / "Pulumi.yaml"
    project.write_text(
        project.read_text().replace(
            "        recovery_objective:", "        roll: {} # ours\n        recovery_objective:"
        )
    )
    stack = here / "Pulumi.sbg.yaml"
    stack.write_text(
        stack.read_text() + "  multiparty-meeting:cookie_secret:\n    secure: v1:abc\nencryptionsalt: v1:xyz=\n"
    )
    before = texts(here)
    init(here, vlan="1702", mail="other@organisation.fr", regions="GRA11,SBG5,DE1")
    assert [line.split(" #")[0] for line in changed_lines(before, texts(here))] == [
        "vlan: 1702",
        "certificate: { type: acme, email: other@organisation.fr }",
        "multiparty-meeting:region: SBG5",
    ]


@pytest.mark.parametrize(
    ("option", "value", "line"),
    [
        ("domain", "meeting.example.com", "environments.production.domain = 'meeting.example.com': is reserved"),
        ("domain", "Meeting.organisation.fr", "it has upper case: write meeting.organisation.fr"),
        ("mail", "admin", "environments.production.edge.certificate.email = 'admin': must be a mail address"),
        (
            "image",
            "meeting:3",
            "environments.production.meeting.delivery.image = 'meeting:3': must be an image with its",
        ),
        ("server", "edumeet-4", "meeting.server = 'edumeet-4': cannot be deployed"),
        ("server", "jitsi", "meeting.server = 'jitsi': Input should be 'multiparty-meeting', 'edumeet-3.4'"),
        ("operators", "0.0.0.0/0", "environments.production.operators.cidrs = '0.0.0.0/0': must not be the whole"),
        ("operators", "198.51.100.7/24", "has host bits: write 198.51.100.0/24, or 198.51.100.7/32"),
        ("ssh_key", "/nothing/there.pub", "operators.ssh_public_key = '/nothing/there.pub': must be an OpenSSH public"),
        ("regions", "gra,SBG7,DE1", "stack gra: region = 'gra': is a region of object storage"),
        ("vlan", "5000", "environments.production.backbone.vlan = 5000: Input should be less than or equal to 4000"),
        ("vlan", "0123", "environments.production.backbone.vlan = '0123': must be a whole number, without quotes"),
        ("participants", "many", "environments.production.participants = 'many': must be a whole number"),
        ("participants", "1", "environments.production.participants = 1: Input should be greater than or equal to 2"),
    ],
)
def test_a_bad_answer_is_refused_in_the_settings_own_words_and_nothing_is_written(
    here: Path, option: str, value: str, line: str
) -> None:
    before = texts(here)
    with pytest.raises(CommandError) as refused:
        init(here, **(GIVEN | {option: value}))
    assert line in str(refused.value)
    assert str(refused.value).endswith("nothing is written")
    assert texts(here) == before


@pytest.mark.parametrize("yes", [False, True])
def test_without_a_terminal_it_names_what_is_needed_and_waits_for_nobody(here: Path, *, yes: bool) -> None:
    before = texts(here)
    with pytest.raises(CommandError) as refused:
        init(here, yes=yes)
    assert [line.split(" ")[0] for line in str(refused.value).splitlines()] == [
        "--domain",
        "--mail",
        "--image",
        "nothing",
    ]
    assert texts(here) == before


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


def test_a_tag_is_written_with_the_digest_that_its_registry_says(here: Path) -> None:
    with registry() as shown:
        shown.images["meeting:1.2"] = DIGEST
        init(here, **(GIVEN | {"image": f"{shown.host}/meeting:1.2"}))
        assert loaded(here, "gra").env.meeting.delivery.image == f"{shown.host}/meeting:1.2@{DIGEST}"  # type: ignore[union-attr]
        with pytest.raises(CommandError, match=r"has no meeting of 1\.3; name it by its digest"):
            init(here, image=f"{shown.host}/meeting:1.3")


def test_upstream_s_image_says_which_server_it_is_and_how_it_reaches_redis(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ops.init.questions.digest", lambda image: DIGEST)
    init(here, **(GIVEN | {"image": "docker.io/edumeet/edumeet:3.5.6"}))
    env = loaded(here, "gra").env
    assert (env.meeting.server, env.redis.access) == ("edumeet-3.5", "proxy")  # type: ignore[union-attr]


def test_a_machine_with_an_address_of_the_internet_and_ids_that_the_cloud_says_need_no_answer(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(found, "public_address", lambda: "198.51.100.9")
    monkeypatch.setattr(found, "image_ids", lambda wanted: (dict.fromkeys(wanted, IMAGE_ID), []))
    init(here, **GIVEN)
    settings = loaded(here, "sbg")
    assert [str(cidr) for cidr in settings.env.operators.cidrs] == ["198.51.100.9/32"]
    assert "id: " + IMAGE_ID in (here / "Pulumi.sbg.yaml").read_text()
    # An image of the region before is none of the next one's.
    monkeypatch.setattr(found, "image_ids", lambda wanted: ({}, ["stack sbg: SBG5 does not say: HTTP 503"]))
    init(here, regions="GRA11,SBG5,DE1")
    assert IMAGE_ID not in (here / "Pulumi.sbg.yaml").read_text()
    assert IMAGE_ID in (here / "Pulumi.gra.yaml").read_text()


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


def test_stand_ins_are_taken_by_the_settings_and_written_nowhere(here: Path) -> None:
    init(here, **GIVEN)
    assert not [text for text in texts(here).values() for word in answers._STAND_INS.values() if word in text]
