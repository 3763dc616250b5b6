"""Reading what `pulumi preview --json` says: what is there, what is not, and what cannot be used."""

import json
from pathlib import Path

import pytest

from fleet.preview.changes import Effect, changes
from fleet.preview.preview import INSTANCE, RULE, Preview, PreviewError
from fleet.preview.preview import read as read_file
from ops.review.ports import Opening, port_changes
from tests.unit.ops.review import recorded
from tests.unit.ops.review.comments import read


def _preview(name: str, *, whole: bool = True) -> Preview:
    return Preview.model_validate(recorded.whole(name) if whole else recorded.changed(name))


def test_what_is_and_what_will_be() -> None:
    """A server that is replaced is there before and after, one that is new after, all with their inputs."""
    found = _preview("gra-node")
    before, after = ({server.name for server in side(INSTANCE)} for side in (found.before, found.after))
    assert after - before == {"production-gra-meeting-2"}
    assert len(before) == 3
    assert before < after
    assert found.stack == "gra"
    assert found.deployed.servers.keys() == before


def test_without_what_stays_the_same_a_preview_is_partial() -> None:
    """`--show-sames` makes the difference; a first deployment has nothing that stays."""
    assert _preview("gra-node").complete
    assert not _preview("gra-node", whole=False).complete
    assert _preview("gra-first", whole=False).complete
    assert len(list(_preview("gra-node", whole=False).before(RULE))) == 0


def test_changes_are_the_engines() -> None:
    """Every step that does something, with its reasons; components are no resources of a cloud."""
    found = {(change.effect, change.name, change.kind) for change in changes(_preview("gra-replaced"))}
    assert found == {
        (Effect.REPLACED, "production-gra-meeting-1", "meeting server"),
        (Effect.REPLACED, "gra-meeting-1-ready", "wait until a server is ready"),
    }
    larger = changes(_preview("gra-larger"))
    (server,) = [change for change in larger if change.role == "meeting"]
    assert "".join(span if isinstance(span, str) else span.text for span in server.why) == "b3-8 becomes b3-16"
    assert len(changes(_preview("gra-first"))) == 55
    assert changes(_preview("gra")) == []


def test_a_zone_opens_53_to_the_world() -> None:
    """Both protocols, and nothing closes; the login for the push is no door to the world."""
    found = port_changes(read("witness", recorded.whole("witness-zone")))
    assert [opening for opening in found.opened if opening.to_world] == [
        Opening("witness public", "tcp", 53, 53, "0.0.0.0/0"),
        Opening("witness public", "udp", 53, 53, "0.0.0.0/0"),
    ]
    assert [opening.source for opening in found.opened if not opening.to_world] == ["198.51.100.0/28"]
    assert found.closed == ()


def test_a_rule_under_another_name_opens_and_closes_nothing() -> None:
    """Neutron knows no names of rules: what counts is who may send what where."""
    digest = recorded.whole("gra")
    (step,) = [step for step in digest["steps"] if step["urn"].endswith("-edge-public-tcp-443-from-0.0.0.0/0")]
    step.update(op="delete", newState=None)
    renamed = {**step["oldState"], "urn": step["urn"] + "-renamed"}
    digest["steps"].append({"op": "create", "urn": renamed["urn"], "newState": renamed})
    found = port_changes(read("gra", digest))
    assert (found.opened, found.closed) == ((), ())


def test_a_rule_for_what_leaves_opens_nothing() -> None:
    digest = recorded.whole("gra-opened")
    opened = digest["steps"][-1]
    assert port_changes(read("gra", digest)).opened
    opened["newState"]["inputs"]["direction"] = "egress"
    assert port_changes(read("gra", digest)).opened == ()


def test_a_failed_preview_says_why() -> None:
    """In the program's and the engine's words."""
    with pytest.raises(PreviewError, match="flavours: unknown key; did you mean flavors\\?"):
        read("gra", recorded.changed("gra-failed"))


def test_a_private_key_in_a_failures_words_is_not_shown() -> None:
    digest = recorded.changed("gra-failed")
    digest["diagnostics"][0]["message"] = "error: -----BEGIN PRIVATE KEY-----confidential"
    with pytest.raises(PreviewError) as failed:
        read("gra", digest)
    assert str(failed.value) == "(not shown: it holds a private key)"


def test_settings_that_this_program_refuses_are_named() -> None:
    digest = recorded.whole("gra")
    digest["config"]["multiparty-meeting:gatewy"] = "s"
    with pytest.raises(PreviewError, match="stack gra: gatewy: unknown key; did you mean gateway\\?"):
        read("gra", digest)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("warning: confidential\n{}", "the file: Invalid JSON"),
        ('{"steps": [{"op": "create"}]}', "steps.0.urn: Field required"),
        ('["confidential"]', "the file: Input should be an object"),
    ],
)
def test_a_file_that_is_no_preview_is_named_without_its_content(text: str, says: str, tmp_path: Path) -> None:
    """It may be anything."""
    file = tmp_path / "gra.json"
    file.write_text(text)
    with pytest.raises(PreviewError) as refused:
        read_file(file)
    assert str(refused.value).startswith(f"{file}: is no output of")
    assert says in str(refused.value)
    assert "confidential" not in str(refused.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(PreviewError, match=r"nowhere\.json: No such file"):
        read_file(tmp_path / "nowhere.json")


def test_recorded_previews_hold_no_secret_and_no_place() -> None:
    """They are the engine's own output, made elsewhere: what it hides is hidden, and sources are not named."""
    files = sorted(recorded.DIRECTORY.iterdir())
    assert len(files) > 10
    for file in files:
        text = file.read_text()
        config = json.loads(text)["config"]
        assert {config[f"multiparty-meeting:{key}"] for key in ("cookie_secret", "redis_password", "fleet_key")} == {
            "[secret]"
        }
        assert "project:///" not in text
        assert "PRIVATE KEY" not in text
