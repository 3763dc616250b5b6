"""boot.env is read by root's shell: a value is what it says, and is never run."""

import subprocess
from pathlib import Path

import pytest
import yaml

from boot.document import BootDocument, render


@pytest.mark.parametrize(
    "value",
    [
        "https://a.fr/x?a=1&b=$HOME",
        "$(touch ran)",
        "`touch ran`",
        'a"; touch ran; "',
        "a\\b\\\\",
        "",
        "two words 'here'",
    ],
)
def test_the_shell_reads_each_value_as_it_is(value: str, tmp_path: Path) -> None:
    """What an operator writes, as an archive's address, ends there; dollars, quotes and backslashes are kept."""
    document = yaml.safe_load(render(BootDocument(hostname="a", environment={"VALUE": value})))
    (text,) = [file["content"] for file in document["write_files"] if file["path"] == "/etc/multiparty/boot.env"]
    (tmp_path / "boot.env").write_text(text)
    read = ["sh", "-euc", '. ./boot.env; printf %s "$VALUE"']
    told = subprocess.run(read, cwd=tmp_path, check=True, capture_output=True, text=True)
    assert told.stdout == value
    assert [file.name for file in tmp_path.iterdir()] == ["boot.env"]
