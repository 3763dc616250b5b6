"""What others wrote into a preview: no secret of it is shown, nobody is called by it, and a failure says why."""

import json
from pathlib import Path

import pytest

from fleet.preview.document import Code, Paragraph, Strong, table
from fleet.preview.preview import INSTANCE, PORT, UNKNOWN, PreviewError
from fleet.preview.secrets import shown
from ops.review import markdown
from ops.review.drift import compare
from ops.review.ports import port_changes
from ops.review.report import report
from ops.review.site import reviewed
from settings import PROJECT
from settings.load import SECRET_KEYS
from tests.unit.ops.review import recorded
from tests.unit.ops.review.comments import findings, read

SECRET = "hunter2"


@pytest.mark.parametrize(
    "text",
    [
        "property connection value {&{{map[password:{&{hunter2}} ...",
        "failed: {\n  password: {&{hunter2}}\n}\nand more",
        'invalid value "hunter2" for redis_password',
        "redis_password = hunter2: must be",
        "the value hunter2 is refused",
        "secret: hunter2",
        "Post https://operator:hunter2@auth.example/v3/auth/tokens: EOF",
        "unexpected 'hunter2', wanted a map",
        "got `hunter2`",
        "[hunter2]: unknown key",
    ],
)
def test_no_value_of_an_error_is_shown(text: str) -> None:
    """The engine prints secret inputs in clear when they are malformed: in brackets, in quotes, after their names."""
    assert SECRET in text
    assert SECRET not in shown(text)


@pytest.mark.parametrize(
    "text",
    [
        "error: stack gra: flavors: is missing",
        "stack gra: flavours: unknown key; did you mean flavors?",
        "error: incorrect passphrase",
        "error: no stack named gra found",
        "dial tcp 203.0.113.7:443: connect: connection refused",
        "urn:pulumi:gra::multiparty-meeting::openstack:compute/instance:Instance::production-gra-redis-1: HTTP 503",
    ],
)
def test_what_holds_no_value_is_shown_as_it_is(text: str) -> None:
    """It says why."""
    assert shown(text) == text


def test_a_failed_preview_says_why_and_no_secret() -> None:
    failed = recorded.whole("gra-failed")
    failed["diagnostics"] = [
        {"severity": "error", "message": "property connection value {&{{map[password:{&{hunter2}} not done\n"}
    ]
    text = markdown.render(report(findings({"gra": failed})), "marker")
    assert "property connection value {..." in text
    assert SECRET not in text


@pytest.mark.parametrize("said", ["", "warning: x\nerror: incorrect passphrase\n"])
def test_a_preview_that_printed_nothing_says_where_the_reason_is(tmp_path: Path, said: str) -> None:
    """A wrong passphrase, no bucket, no network: nothing on standard output; what the engine said is beside it."""
    file = tmp_path / "gra.json"
    file.write_text("")
    if said:
        (tmp_path / "gra.json.err").write_text(said)
    with pytest.raises(
        PreviewError, match="the preview printed nothing: the reason is in the log of this check"
    ) as why:
        reviewed("gra", file)
    reason = compare([("gra", file)]).failed["gra"]
    for text in (str(why.value), reason):
        assert ("incorrect passphrase" in text) is bool(said)
        assert "Invalid JSON" not in text


@pytest.mark.parametrize("unknown", [UNKNOWN, [UNKNOWN]])
def test_a_card_whose_address_is_not_known_yet_is_not_as_planned(unknown: object) -> None:
    digest = recorded.whole("gra-replaced")
    states = [step["newState"] for step in digest["steps"] if step.get("newState")]
    cards = [state for state in states if state["urn"].endswith("-backbone") and state["type"] == PORT]
    assert cards
    for state in cards:
        state["inputs"]["fixedIps"] = unknown
    said = [broken.said for broken in findings({"gra": digest}).violations]
    assert sum(text.startswith("has not known yet, the plan 10.17.") for text in said) == len(cards)


def test_a_server_whose_metadata_are_not_known_yet_is_a_server() -> None:
    digest = recorded.whole("gra-replaced")
    servers = [s["newState"] for s in digest["steps"] if s.get("newState") and s["newState"]["type"] == INSTANCE]
    assert servers
    for state in servers:
        state["inputs"]["metadata"] = UNKNOWN
    text = markdown.render(report(findings({"gra": digest})), "marker")
    assert "server `production-gra-" in text
    assert UNKNOWN not in text


@pytest.mark.parametrize("text", ["{}".encode("utf-16"), b'{"steps": "\xe9"}', b"\x80"])
def test_a_file_in_another_encoding_is_refused_in_words(tmp_path: Path, text: bytes) -> None:
    """What some shells make of `>`; the engine's own words beside it may be no UTF-8 either."""
    file = tmp_path / "gra.json"
    file.write_bytes(text)
    (tmp_path / "gra.json.err").write_bytes(b"error: \xe9t\xe9")
    with pytest.raises(PreviewError, match="is no text in UTF-8"):
        reviewed("gra", file)
    assert "is no text in UTF-8" in compare([("gra", file)]).failed["gra"]


def test_hidden_secrets_are_no_reason_not_to_review() -> None:
    """Of each kind: JSON, addresses, a certificate that belongs to names, passwords that not every reader takes."""
    digest = recorded.whole("gra")
    key = f"{PROJECT}:environments"
    environments = json.loads(digest["config"][key])
    names = {site: [f"turn-{site}.organisation.fr"] for site in ("gra", "sbg")}
    environments["production"]["meeting"]["relay"] = {"names": names, "certificate": "provided"}
    hidden = {f"{PROJECT}:{secret}": "[secret]" for secret in SECRET_KEYS}
    digest["config"] |= {key: json.dumps(environments), **hidden}
    assert read("gra", digest).settings.env.meeting.relay


@pytest.mark.parametrize(
    "word", ["@acme/security", "#12", "https://evil.example/", "www.evil.example", "acme/other#7", "GH-12", "0cd0571a"]
)
def test_nobody_is_called_and_nothing_is_linked(word: str) -> None:
    """Wherever foreign words stand as plain text GitHub gets them as code; in code spans they always were."""
    document = (
        Paragraph((f"a group {word} of theirs", Strong(f"and {word}"), Code(word))),
        table(("one",), [((f"in a table {word} too",),)]),
    )
    text = markdown.render(document, "marker")
    assert text.count(word) == text.count(f"`{word}`") == 4


def test_a_foreign_group_stands_in_code() -> None:
    """Its name is whatever somebody wrote."""
    digest = recorded.whole("gra-opened")
    text = str(digest).replace("production-gra-edge-public", "@acme/security")
    assert text
    for step in digest["steps"]:
        for state in (step.get("oldState"), step.get("newState")):
            if state and state["type"].endswith("SecGroupRule"):
                state["propertyDependencies"] = {}
                state["inputs"]["securityGroupId"] = "@acme/security #12 https://evil.example/"
    text = markdown.render(report(findings({"gra": digest})), "marker")
    for word in ("@acme/security", "#12", "https://evil.example/"):
        assert word in text
        assert f" {word} " not in text.replace("`@acme/security #12 https://evil.example/`", "")


@pytest.mark.parametrize("key", ["portRangeMin", "portRangeMax", "remoteIpPrefix", "protocol"])
def test_what_is_not_known_yet_is_listed_and_judged_as_open_to_all(key: str) -> None:
    """A value that the change itself makes: no number, and no reason to end without a word."""
    digest = recorded.whole("gra-opened")
    rules = [s for s in digest["steps"] if s["op"] == "create" and s["newState"]["type"].endswith("SecGroupRule")]
    assert rules
    for step in rules:
        step["newState"]["inputs"][key] = UNKNOWN
    opened = port_changes(read("gra", digest)).opened
    assert any("not known yet" in f"{o.ports} {o.source} {o.protocol}" for o in opened)
    assert all((o.first, o.last) == (0, 65535) for o in opened if not o.known)
    found = findings({"gra": digest})
    assert found.violations
    assert UNKNOWN not in markdown.render(report(found), "marker")
