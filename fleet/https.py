"""What can be asked of an edge from outside: an answer, a certificate, an address in the DNS."""

import http.client
import socket
import ssl
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

TIMEOUT_SECONDS = 10


@dataclass(frozen=True)
class Answer:
    """An edge's answer: HTTP status, seconds, and when its certificate ends."""

    status: int
    seconds: float
    certificate_ends: datetime
    headers: dict[str, str]
    body: bytes

    @property
    def certificate_days(self) -> int:
        """Days until the certificate ends."""
        return (self.certificate_ends - datetime.now(UTC)).days


def ask(address: str, domain: str, path: str = "/health", *, authority: Path | None = None, cookie: str = "") -> Answer:
    """GET https://<domain><path> from the edge at `address`, whatever the DNS says; the certificate is verified.

    Raises:
        OSError: no connection, a refused certificate (ssl.SSLError) or no answer in time.
    """
    context = ssl.create_default_context(cafile=str(authority) if authority else None)
    begun = time.monotonic()
    with (
        socket.create_connection((address, 443), timeout=TIMEOUT_SECONDS) as plain,
        context.wrap_socket(plain, server_hostname=domain) as tls,
    ):
        ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(str((tls.getpeercert() or {})["notAfter"])), UTC)
        lines = [f"GET {path} HTTP/1.1", f"Host: {domain}", "Connection: close"]
        lines += [f"Cookie: {cookie}"] if cookie else []
        tls.sendall("".join(f"{line}\r\n" for line in [*lines, ""]).encode())
        response = http.client.HTTPResponse(tls)
        try:
            response.begin()
            body = response.read()
        except http.client.HTTPException as broken:
            raise OSError(f"no HTTP answer: {broken!r}") from broken
        headers = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, time.monotonic() - begun, ends, headers, body)


def addresses(domain: str) -> set[str]:
    """The IPv4 addresses that the DNS has for a name; none when it has none."""
    try:
        found = socket.getaddrinfo(domain, 443, socket.AF_INET, socket.SOCK_STREAM)
    except socket.gaierror:
        return set()
    return {str(entry[4][0]) for entry in found}
