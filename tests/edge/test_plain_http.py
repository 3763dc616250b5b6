"""Port 80 redirects, and says whether the edge can serve; no spelling of a request leads to a meeting server there."""

import socket

import pytest

from tests.edge.fleet import DOMAIN, Fleet

PATIENCE = 20  # seconds for an answer
SIGNALLING = "EIO=3&transport=polling&roomId=plain&peerId=q"
# All of them mean /edge-health to a server that tidies addresses up.
HEALTH = [
    "/edge-health",
    "/%65dge-health",
    "//edge-health",
    "/EDGE-HEALTH",
    "/health/../edge-health",
    f"/socket.io/../edge-health?{SIGNALLING}",
    f"/edge-health?{SIGNALLING}",
    f"/./edge-health?{SIGNALLING}",
    f"/%2e%2e/edge-health?{SIGNALLING}",
    f"http://{DOMAIN}/socket.io/../edge-health?{SIGNALLING}",
]
OTHERS = [
    f"/socket.io/?{SIGNALLING}",
    f"/edge-health/?{SIGNALLING}",
    "/edge-health/x",
    "/",
    f"/edge-health;{SIGNALLING}",
]


def _answer(fleet: Fleet, request: str) -> str:
    """What GRA's edge says at its port 80."""
    with socket.create_connection((str(fleet.edges["gra"].address), 80), timeout=PATIENCE) as plain:
        plain.sendall(f"{request}\r\nHost: {DOMAIN}\r\nX-Real-IP: 6.6.6.6\r\nConnection: close\r\n\r\n".encode())
        answer = b""
        while part := plain.recv(65536):
            answer += part
    return answer.decode()


@pytest.mark.parametrize("target", HEALTH)
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_every_spelling_of_the_health_is_the_edges_own_answer(fleet: Fleet, method: str, target: str) -> None:
    """HAProxy's, with nothing of an instance; Caddy may also send it away or know nothing of it."""
    answer = _answer(fleet, f"{method} {target} HTTP/1.1")
    assert "instance" not in answer
    assert answer.split()[1] in ("200", "301", "308", "404"), answer
    assert "Service ready" in answer or answer.split()[1] != "200", answer


@pytest.mark.parametrize("target", OTHERS)
def test_everything_else_is_sent_to_https(fleet: Fleet, target: str) -> None:
    """With the address that was asked for."""
    answer = _answer(fleet, f"GET {target} HTTP/1.1")
    assert answer.split()[1] == "301", answer
    assert f"Location: https://{DOMAIN}{target}\r\n" in answer
