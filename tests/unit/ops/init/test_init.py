"""`make init` without a terminal: what it writes, what it refuses; the files that it writes are the program's own."""

from pathlib import Path

import pytest

from fleet.command_line import CommandError
from ops.init import answers, found
from ops.init.questions import planned_vlan
from tests.configuration import DIGEST, IMAGE_ID, OPERATOR_KEY
from tests.unit.ops.init.shipped_files import GIVEN, STACKS, changed_lines, init, loaded, texts
from tests.unit.registry import registry


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


def test_stand_ins_are_taken_by_the_settings_and_written_nowhere(here: Path) -> None:
    init(here, **GIVEN)
    assert not [text for text in texts(here).values() for word in answers._STAND_INS.values() if word in text]
