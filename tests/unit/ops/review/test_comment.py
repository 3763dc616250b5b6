"""The review's text: the words that were meant, readable, no longer than a comment may be, and no secret in it."""

import difflib
from typing import Any

import pytest

from fleet.preview.document import Bullets, Code, Document, Fold, Heading, Paragraph, Strong, Verbatim, table
from fleet.preview.preview import STACK
from ops.review import markdown, terminal
from ops.review.report import report
from tests.unit.ops.review import recorded
from tests.unit.ops.review.comments import CASES, DIRECTORY, files_of, findings

REGENERATE = (
    "if this is what you meant: python -m tests.unit.ops.review.comments, then read the difference before committing it"
)
PRIVATE_KEY = "-----BEGIN PRIVATE KEY-----\nMIIconfidential\n-----END PRIVATE KEY-----\n"


@pytest.mark.parametrize("name", CASES)
def test_the_text_is_the_golden_one(name: str) -> None:
    """Of recorded previews, every character, as a comment and in a terminal."""
    for file, actual in files_of(name).items():
        expected = file.read_text() if file.exists() else ""
        lines = difflib.unified_diff(expected.splitlines(), actual.splitlines(), file.name, "rendered", lineterm="")
        assert actual == expected, "\n".join([*lines, REGENERATE])


def test_every_golden_file_has_its_case() -> None:
    assert sorted(DIRECTORY.iterdir()) == sorted(file for name in CASES for file in files_of(name)), REGENERATE


def test_a_preview_says_the_same_in_any_order() -> None:
    """The engine's steps come in another order at every run; the comment does not change for it."""
    digest = recorded.whole("gra-node")
    turned = digest | {"steps": [digest["steps"][0], *reversed(digest["steps"][1:])]}
    assert _comment(turned) == _comment(digest)


def test_rooms_are_named_only_where_it_is_asked_for() -> None:
    """Whoever knows a room's name may enter it, and a comment is read by many."""
    comment = (DIRECTORY / "replaced-server.md").read_text()
    assert "12 people are on it now, in 3 rooms (7, 4, 1)" in comment
    assert not [room for room in ("daily", "retro", "odd") if room in comment]
    assert "(`daily` 7, `retro|spective` 4, `` `odd` `` 1)" in (DIRECTORY / "named-rooms.md").read_text()


def test_what_should_have_been_a_secret_is_not_shown() -> None:
    """A boot document, a pushed key and a setting in clear: a rule is broken, and their text is nowhere."""
    digest = recorded.whole("gra-pushed")
    digest["config"]["multiparty-meeting:cookie_secret"] = "cookie-in-clear"
    digest["diagnostics"] = [{"severity": "warning", "message": f"warning: see {PRIVATE_KEY}"}]
    for step in digest["steps"]:
        inputs = step["newState"].get("inputs", {})
        if "userData" in inputs:
            inputs["userData"] = "#cloud-config\nboot document in clear"
        if "stdin" in inputs and step["op"] == "update":
            inputs["stdin"] += PRIVATE_KEY
    comment = _comment(digest)
    assert "is in the configuration in clear" in comment
    assert "what changes in" not in comment
    assert not [text for text in ("cookie-in-clear", "boot document in clear", "MIIconfidential") if text in comment]


def test_a_long_comment_loses_its_longest_folds_first() -> None:
    """And says so; what everybody reads stays."""
    short = Fold(("short",), (Verbatim("small\n"),))
    long = Fold(("long",), (Verbatim("x" * 70_000),))
    document: Document = (Heading(1, ("title",)), long, short, Paragraph(("the end",)))
    comment = markdown.render(document, "mark")
    assert len(comment) <= markdown.LIMIT
    assert "<summary>long</summary>\n\n(left out, as it is too long for a comment" in comment
    assert "small" in comment
    assert comment.endswith("the end\n")
    assert "x" * 70_000 in terminal.render(document)


def test_a_comment_that_is_long_without_folds_is_cut() -> None:
    """At the end of a block, never inside of one, and never above GitHub's limit."""
    document: Document = tuple(Paragraph((f"{n} " + "word " * 200,)) for n in range(200))
    comment = markdown.render(document, "mark")
    assert markdown.LIMIT - 2_000 < len(comment) <= markdown.LIMIT
    assert comment.endswith("The rest is too long for a comment: `make review` shows it.\n")
    assert comment.startswith("<!-- mark -->\n\n0 word")


def test_a_hundred_replaced_servers_are_still_a_comment() -> None:
    """Real changes, many times: the head of the comment says what happens all the same."""
    digest = recorded.whole("gra-node")
    created = [step for step in digest["steps"] if step["op"] == "create"]
    for n in range(100):
        digest["steps"] += [_renamed(step, f"{n}") for step in created]
    comment = _comment(digest)
    assert len(comment) <= markdown.LIMIT
    assert "| gra | - | - | 2 | 202 |" in comment


def test_what_keeps_the_sites_apart_is_said_at_the_top() -> None:
    """No site is wrong by itself: only between two of them there is nobody to lead to."""
    digest = recorded.whole("gra-node")
    root = next(step for step in digest["steps"] if step["oldState"] and step["oldState"]["type"] == STACK)
    root["oldState"]["outputs"]["agreement"] = {"meeting.listening_port": "4443"}
    said = "**gra and the other sites do not reach each other**: meeting.listening_port from 4443 to 3443: until"
    assert said in _comment(digest)
    assert "do not reach each other" not in _comment(recorded.whole("gra-node"))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a|b", "`a|b`"),
        ("`", "`` ` ``"),
        ("two ``ticks``", "``` two ``ticks`` ```"),
        ("lines\n\n<script>", "`lines <script>`"),
        ("", ""),
    ],
)
def test_what_others_wrote_stays_text(text: str, shown: str) -> None:
    """In a code span, whatever it holds; in a table its bars do not end a cell."""
    assert f"- {shown}\n" in markdown.render((Bullets(((Code(text),),)),), "mark")
    assert shown.replace("|", r"\|") in markdown.render((table(("word",), [((Code(text),),)]),), "mark")


def test_words_of_ours_are_no_markup() -> None:
    assert r"5 \* 3 \< 20 \| **\[so\]**" in markdown.render((Paragraph(("5 * 3 < 20 | ", Strong("[so]"))),), "mark")
    folded = markdown.render((Fold(("a < b ", Code("<i>"), Strong("&")), ()),), "mark")
    assert "<summary>a &lt; b <code>&lt;i&gt;</code><b>&amp;</b></summary>" in folded


def test_a_fence_is_longer_than_any_inside() -> None:
    assert "````diff\n```\n````" in markdown.render((Verbatim("```\n", "diff"),), "mark")


def test_a_terminal_gets_no_commands() -> None:
    """A room may be called anything; only what is printable is printed. Headings are bold where that is wanted."""
    document: Document = (Heading(1, ("title",)), Bullets(((Code("a\x1b[2Jb"),),)), Verbatim("c\x07d\ne"))
    assert terminal.render(document) == "title\n=====\n\n- a [2Jb\n\n    c d\n    e\n"
    assert terminal.render(document[:1], colour=True) == "\033[1mtitle\033[0m\n=====\n"


def _comment(digest: dict[str, Any]) -> str:
    return markdown.render(report(findings({"gra": digest})), "mark")


def _renamed(step: dict[str, Any], suffix: str) -> dict[str, Any]:
    return {**step, "urn": step["urn"] + suffix, "newState": {**step["newState"], "urn": step["urn"] + suffix}}
