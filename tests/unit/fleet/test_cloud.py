"""A connection to a region, and what is left of it in the environment."""

import os
from pathlib import Path

import pytest

from fleet.cloud import connect

CLOUDS = """\
clouds:
  ovh:
    auth: {auth_url: "http://127.0.0.1:1/v3", username: u, password: p, project_id: x, user_domain_name: Default}
    region_name: GRA11
"""


@pytest.mark.parametrize("before", [None, "GRA11"])
@pytest.mark.parametrize("by", ["variables", "file"])
def test_the_environment_is_never_touched(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, before: str | None, by: str
) -> None:
    """`pulumi up` refuses a region that is not its stack's, and what reads the variables meanwhile finds them."""
    for name in [name for name in os.environ if name.startswith("OS_")]:
        monkeypatch.delenv(name)
    if by == "file":
        (tmp_path / "clouds.yaml").write_text(CLOUDS)
        monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(tmp_path / "clouds.yaml"))
        monkeypatch.setenv("OS_CLOUD", "ovh")
    else:
        auth = {"AUTH_URL": "http://127.0.0.1:1/v3", "USERNAME": "u", "PASSWORD": "p", "PROJECT_ID": "x"}
        for name, value in auth.items():
            monkeypatch.setenv(f"OS_{name}", value)
    if before:
        monkeypatch.setenv("OS_REGION_NAME", before)
    there = dict(os.environ)
    written: list[object] = []
    monkeypatch.setattr(os, "putenv", lambda *words: written.append(words))
    monkeypatch.setattr(os, "unsetenv", written.append)
    assert [connect(region).config.region_name for region in ("SBG7", "DE1")] == ["SBG7", "DE1"]
    assert written == []
    assert dict(os.environ) == there
