"""What the edge tells browsers beside an instance's answer; what the instance says itself goes before it."""

import pytest

from tests.edge.fleet import DOMAIN, Fleet

CHANGES = {"env.edge.hsts_max_age": "365d"}


def _headers(fleet: Fleet, path: str) -> list[str]:
    """Of an answer by GRA's edge, in lower case."""
    resolved = f"{DOMAIN}:443:{fleet.edges['gra'].address}"
    curl = [
        "curl",
        "-sS",
        "-m",
        "20",
        "-o",
        "/dev/null",
        "-D",
        "-",
        "--cacert",
        str(fleet.cacert),
        "--resolve",
        resolved,
    ]
    return fleet.wire.run(*curl, f"https://{DOMAIN}{path}").stdout.lower().splitlines()


@pytest.mark.parametrize("path", ["/room", "/socket.io/?EIO=3&roomId=headers", "/auth/login?roomId=headers"])
def test_every_answer_has_them(fleet: Fleet, path: str) -> None:
    """Pages, signalling, logins."""
    seen = _headers(fleet, path)
    assert "strict-transport-security: max-age=31536000" in seen
    assert "x-content-type-options: nosniff" in seen
    assert "referrer-policy: same-origin" in seen


def test_what_the_instance_says_stays(fleet: Fleet) -> None:
    """Not twice, and not the edge's."""
    seen = [line for line in _headers(fleet, "/room?say=no-referrer") if line.startswith("referrer-policy:")]
    assert seen == ["referrer-policy: no-referrer"]
