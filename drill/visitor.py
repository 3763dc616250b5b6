"""A browser that comes back to a page with its cookie, and notices when its session is another one."""

import http.cookies
import socket
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from drill.clients.edge import CONNECT_SECONDS
from fleet import https


class Visitor:
    """Asks for a page through the first of an edge's addresses that takes a connection."""

    def __init__(self, addresses: Sequence[str], domain: str, authority: Path | None, path: str = "/") -> None:
        """`addresses` in the order in which they are tried; the certificate is verified against `authority`."""
        self._addresses, self._domain, self._authority, self._path = addresses, domain, authority, path
        self._cookies: dict[str, str] = {}
        self._lock = threading.Lock()
        self.sessions_lost: list[float] = []

    def ask(self) -> bool:
        """Whether the page came.

        Raises:
            OSError: no answer.
        """
        answer = https.ask(self._address(), self._domain, self._path, authority=self._authority, cookie=self._cookie())
        if answer.status == 200:
            self._keep(answer.headers.get("set-cookie", ""))
        return answer.status == 200

    def _address(self) -> str:
        for address in self._addresses:
            try:
                socket.create_connection((address, 443), timeout=CONNECT_SECONDS).close()
            except OSError:
                continue
            return address
        raise OSError(f"nobody takes a connection at {', '.join(self._addresses)}")

    def _cookie(self) -> str:
        with self._lock:
            return "; ".join(f"{name}={value}" for name, value in self._cookies.items())

    def _keep(self, header: str) -> None:
        """A session that is there is not given a new cookie: another value is another session."""
        given = {name: morsel.value for name, morsel in http.cookies.SimpleCookie(header).items()}
        with self._lock:
            if any(self._cookies.get(name, value) != value for name, value in given.items()):
                self.sessions_lost.append(time.monotonic())
            self._cookies |= given
