"""A client that asks an edge for whatever does harm, from an address that is nobody else's."""

import http.client
import socket
import ssl
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from itertools import cycle

from lab.cloud.layout import SERVICES_HOST
from lab.deployment import Deployment
from lab.workspace import DOMAIN
from tests.edge.wrong_requests import send, wrong_requests

PATIENCE = 20  # seconds
ROOMS_EACH = 200  # that are asked for on one connection, which no limit of connections sees
SIGNALLING = "EIO=3&transport=polling&roomId=plain&peerId=q"
PLAIN = (f"/socket.io/../edge-health?{SIGNALLING}", "/%65dge-health", "//edge-health", f"/socket.io/?{SIGNALLING}")


class IllDisposed:
    """It asks until a moment comes.

    Attributes:
        answers: how often it was told what: a status, `refused`, or `an instance's`, each behind what it did.
    """

    def __init__(self, deployment: Deployment, address: str, until: float) -> None:
        """`address` is an edge's; `until` is of the monotonic clock."""
        self._address, self._authority, self._until = address, deployment.authority, until
        self.answers: Counter[str] = Counter()

    def ways(self) -> list[Callable[[], None]]:
        """All that it does at once, each until the moment: what fails at an instance, port 80, junk rooms."""
        wrong, plain = cycle(wrong_requests(DOMAIN).values()), cycle(PLAIN)
        return [
            partial(self._again, "wrong", lambda: self._wrong(next(wrong))),
            partial(self._again, "plain", lambda: self._plain(next(plain))),
            partial(self._again, "junk", self._junk),
        ]

    def _again(self, what: str, ask: Callable[[], str]) -> None:
        while time.monotonic() < self._until:
            try:
                told = ask()
            except ConnectionRefusedError:
                told = "refused"
                time.sleep(0.05)
            except (OSError, http.client.HTTPException) as error:
                told = type(error).__name__
            self.answers[f"{what}: {told}"] += 1

    def _wrong(self, request: str) -> str:
        answer = send(self._address, DOMAIN, self._authority, request, SERVICES_HOST)
        return answer[9:12].decode() if answer.startswith(b"HTTP") else "closed"

    def _connect(self, port: int) -> socket.socket:
        return socket.create_connection((self._address, port), timeout=PATIENCE, source_address=(SERVICES_HOST, 0))

    def _plain(self, path: str) -> str:
        with self._connect(80) as plain:
            plain.sendall(f"GET {path} HTTP/1.1\r\nHost: {DOMAIN}\r\nConnection: close\r\n\r\n".encode())
            answer = plain.recv(65536).decode()
        return "an instance's" if "x-instance" in answer.lower() else answer[9:12]

    def _junk(self) -> str:
        connection = http.client.HTTPConnection(DOMAIN)
        secured = ssl.create_default_context(cafile=str(self._authority))
        connection.sock = secured.wrap_socket(self._connect(443), server_hostname=DOMAIN)
        for _ in range(ROOMS_EACH):
            connection.request("GET", f"/socket.io/?EIO=3&transport=polling&peerId=q&roomId=junk-{time.time_ns()}")
            answer = connection.getresponse()
            answer.read()
            self.answers[f"junk: {answer.status}"] += 1
        connection.close()
        return "a connection's end"
