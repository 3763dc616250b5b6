"""The commands of the README's section for OVHcloud, and of the French page."""

import re
from pathlib import Path

from tests.configuration import ROOT

FRENCH = ROOT / "docs" / "fr" / "ovh.md"
_BLOCK = re.compile(r"^ *```sh\n(.*?)^ *```", re.MULTILINE | re.DOTALL)


def section() -> str:
    """The README's section."""
    text = (ROOT / "README.md").read_text()
    return text.partition("\n## On OVH, for real\n")[2].partition("\n## ")[0]


def commands(text: str) -> list[str]:
    """The lines of the shell's blocks, in their order, without comments."""
    lines = [line.strip() for block in _BLOCK.findall(text) for line in block.splitlines()]
    return [re.sub(r"\s+# .*$", "", line) for line in lines if line]


def english() -> list[str]:
    """The README's."""
    return commands(section())


def french(file: Path = FRENCH) -> list[str]:
    """The French page's."""
    return commands(file.read_text())
