"""A value written in place: the rest of the text, byte for byte, as it was."""

import pytest
import yaml

from fleet.command_line import CommandError
from ops.init.yaml_text import removed, written

TEXT = """\
# head
config:
  a:b: 1 # one
  section:
    inner: { x: one, y: [1, 2] } # flow
    empty:
    # the end of it
  list:
    - 1
    - 2 # two
  text: |
    several
    lines
# foot
"""


@pytest.mark.parametrize(
    ("path", "value", "line"),
    [
        ("a:b", "2a", "  a:b: 2a # one"),
        ("section.inner.x", "[", "    inner: { x: '[', y: [1, 2] } # flow"),
        ("section.inner.z", {"k": "a, b"}, "    inner: { x: one, y: [1, 2], z: {k: 'a, b'} } # flow"),
        ("section.empty", "image:tag@sha256", "    empty: image:tag@sha256"),
        ("section.new", ["1.2.3.4/32"], "    new: [1.2.3.4/32]"),
        ("list", [3], "  list:"),
        ("text", "one: line", "  text: 'one: line'"),
        ("other.deep", True, "    deep: true"),
        ("section.inner.x", "#", "    inner: { x: '#', y: [1, 2] } # flow"),
        ("a:b", "0123", "  a:b: '0123' # one"),
    ],
)
def test_one_value_changes_and_no_other_line(path: str, value: object, line: str) -> None:
    keys = ("config", *path.split("."))
    text = written(TEXT, keys, value)
    found = yaml.safe_load(text)
    for key in keys:
        found = found[key]
    assert found == value
    assert line in text.splitlines()
    gone = set(TEXT.splitlines()) - set(text.splitlines())
    assert len(gone) <= (3 if path in ("text", "list") else 1)
    assert "# head" in text
    assert "# foot" in text


def test_a_key_that_is_taken_out_takes_its_lines_along() -> None:
    assert removed(TEXT, ("config", "a:b")) == TEXT.replace("  a:b: 1 # one\n", "")
    assert removed(TEXT, ("config", "section", "empty")) == TEXT.replace("    empty:\n", "")
    assert removed(TEXT, ("config", "nothing")) == TEXT


def test_what_cannot_be_written_is_refused() -> None:
    with pytest.raises(CommandError, match=r"config\.a:b: must be a section that holds c"):
        written(TEXT, ("config", "a:b", "c"), 1)
    with pytest.raises(CommandError, match="is no YAML"):
        written("a: [", ("a",), 1)
    with pytest.raises(CommandError, match="by hand"):
        removed(TEXT, ("config", "section", "inner", "x"))
