import shutil
from pathlib import Path

import pytest

from ops.init import found
from tests.configuration import OPERATOR_KEY, ROOT
from tests.unit.ops.init.shipped_files import FILES


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
