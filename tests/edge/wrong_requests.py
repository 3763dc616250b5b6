"""Requests that a client sends wrong: bytes on a TLS connection, as no client library would send them."""

import socket
import ssl
from contextlib import suppress
from pathlib import Path

PATIENCE = 30  # seconds that an edge may take to answer, or to close
_BREAKS_OFF = "0123456789"


def wrong_requests(domain: str) -> dict[str, str]:
    """All of them for a domain, each by what is wrong with it."""
    host = f"Host: {domain}\r\n"
    upgrade = f"{host}Connection: Upgrade\r\nUpgrade: "
    bad_chunk = f"{host}Transfer-Encoding: chunked\r\n\r\nZZZ\r\n"
    breaks_off = f"{host}Content-Length: 100\r\n\r\n{_BREAKS_OFF}"
    return {
        "a chunk's length that is no number": f"GET /x HTTP/1.1\r\n{bad_chunk}",
        "the same, asked for the head alone": f"HEAD /x HTTP/1.1\r\n{bad_chunk}",
        "the same in a post": f"POST /x HTTP/1.1\r\n{bad_chunk}",
        "the same for a room": f"GET /socket.io/?EIO=3&roomId=wrong HTTP/1.1\r\n{bad_chunk}",
        "a body that breaks off": f"GET /x HTTP/1.1\r\n{breaks_off}",
        "an upload that breaks off": f"POST /x HTTP/1.1\r\n{breaks_off}",
        "an upload by another method that breaks off": f"PUT /x HTTP/1.1\r\n{breaks_off}",
        "an upgrade to what nobody speaks": f"GET /x HTTP/1.1\r\n{upgrade}h2c\r\n\r\n",
        "a websocket where there is none": f"GET /x HTTP/1.1\r\n{upgrade}websocket\r\n\r\n",
        "an upgrade beside others": f"HEAD / HTTP/1.1\r\n{host}Connection: close, upgrade\r\nUpgrade: a, b\r\n\r\n",
        "a tunnel": f"CONNECT {domain}:443 HTTP/1.1\r\n{host}\r\n",
        "headers that no meeting server reads": f"GET /x HTTP/1.1\r\n{host}Cookie: {'a' * 60_000}\r\n\r\n",
        "an address that no meeting server reads": f"GET /{'x' * 60_000} HTTP/1.1\r\n{host}\r\n",
    }


def send(address: str, domain: str, cacert: Path, request: str, source: str = "") -> bytes:
    """Send it to an edge, break off or wait; the first bytes of an answer, none where the edge resets.

    Args:
        address: the edge's.
        domain: whose certificate it shows.
        cacert: who signed that.
        request: one of `wrong_requests`.
        source: the sender's own address; empty: the system's choice.
    """
    context = ssl.create_default_context(cafile=str(cacert))
    with (
        socket.create_connection((address, 443), timeout=PATIENCE, source_address=(source, 0)) as raw,
        context.wrap_socket(raw, server_hostname=domain) as secured,
        suppress(ConnectionError),  # an edge that has heard enough may reset
    ):
        secured.sendall(request.encode())
        if request.endswith(_BREAKS_OFF):
            secured.shutdown(socket.SHUT_WR)
        return secured.recv(65536)
    return b""
