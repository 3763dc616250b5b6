"""A stack's file that is not as Pulumi writes it is an error in words, and no traceback."""

from argparse import ArgumentTypeError
from pathlib import Path

import pytest

from fleet.command_line import CommandError
from fleet.stacks import stacks
from ops.roll.command import deadline_seconds
from settings import PROJECT


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"config: [", "is no YAML: "),
        (b"\xff\xfec\x00", "is no text in UTF-8"),
        (b"[]\n", "site: must be a site's name, such as gra"),
        (b"- a\n", "config: must hold keys"),
        (b"config:\n- a\n", "config: must hold keys"),
        (b"config: on\n", "config: must hold keys"),
        (b"", "site: must be a site's name, such as gra"),
        (f"config: {{'{PROJECT}:site': [gra]}}\n".encode(), "site: must be a site's name, such as gra"),
        (f"config: {{'{PROJECT}:site': no}}\n".encode(), "site: must be a site's name, such as gra"),
    ],
)
def test_a_file_that_says_no_site_is_refused(content: bytes, says: str, tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.gra.yaml"
    file.write_bytes(content)
    (stack,) = stacks(["gra"], tmp_path)
    with pytest.raises(CommandError) as refused:
        assert stack.site
    assert str(refused.value).startswith(f"{file}: ")
    assert says in str(refused.value)


@pytest.mark.parametrize("environments", ["", "on", "{value: [a]}", "{value: {production: no}}"])
def test_an_environment_that_the_files_do_not_describe_is_refused(environments: str, tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text(f"config:\n  {PROJECT}:environments: {environments}\n")
    (tmp_path / "Pulumi.gra.yaml").write_text(f"config:\n  {PROJECT}:environment: production\n")
    (stack,) = stacks(["gra"], tmp_path)
    with pytest.raises(CommandError, match=r"environment = 'production': must be one of those in Pulumi.yaml"):
        stack.environment()


@pytest.mark.parametrize("word", ["nan", "inf", "-1", "1e9", "2h", "", "86401"])
def test_a_deadline_that_never_comes_is_refused(word: str) -> None:
    with pytest.raises(ArgumentTypeError, match="must be seconds, 0 to 86400") as refused:
        deadline_seconds(word)
    assert repr(word) in str(refused.value)


def test_a_machine_without_pulumi_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "Pulumi.gra.yaml").write_text("")
    monkeypatch.setenv("PATH", str(tmp_path))
    (stack,) = stacks(["gra"], tmp_path)
    with pytest.raises(CommandError, match=r"^stack gra: pulumi stack output: .*: is Pulumi installed\?$"):
        stack.pulumi("stack", "output")
