"""What upstream's page does for media, as one script for a browser; `tests/relay/page` has its source."""

import shutil
import subprocess
from pathlib import Path

from lab.cache import built, content_key
from tests.configuration import ROOT
from tests.unit.disk import program

_SOURCE = ROOT / "tests/relay/page"
_FILES = ("package.json", "package-lock.json", "page.js")


def bundled() -> str:
    """The script, made by the packages of the lock file, or as it was made before."""
    made = built("tests-page", content_key(*(_SOURCE / name for name in _FILES), Path(__file__)), _build)
    return (made / "bundle.js").read_text()


def _build(work: Path) -> None:
    npm = program("npm", "npm")
    for name in _FILES:
        shutil.copy(_SOURCE / name, work)
    for words in (["ci", "--ignore-scripts", "--no-audit", "--no-fund"], ["run", "build"]):
        subprocess.run([npm, *words], cwd=work, check=True, stdout=subprocess.DEVNULL, timeout=300)
    shutil.rmtree(work / "node_modules")
