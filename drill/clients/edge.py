"""Where a participant connects, and whom it trusts there."""

import socket
import ssl
from dataclasses import dataclass
from pathlib import Path

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

# A client that has several addresses tries the next one after this long (RFC 8305 has 250 ms to 2 s).
CONNECT_SECONDS = 1.0


@dataclass(frozen=True)
class Edge:
    """An edge of the service: reached at `address`, spoken to as `host`.

    The name in the certificate, in SNI and in the Host header is always `host`, so that one edge can be asked without
    going through DNS. `others` are further addresses of the name: they are tried, in turn, when the one before has not
    taken the connection after `CONNECT_SECONDS`.
    """

    host: str
    address: str
    port: int = 443
    cacert: Path | None = None
    others: tuple[str, ...] = ()

    @property
    def url(self) -> str:
        """The service's address as a browser would show it."""
        return f"https://{self.host}" if self.port == 443 else f"https://{self.host}:{self.port}"

    def session(self, timeout: float) -> aiohttp.ClientSession:
        """An HTTP client with a cookie jar of its own; `timeout` seconds is what a request may take."""
        trust = ssl.create_default_context(cafile=str(self.cacert) if self.cacert else None)
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                resolver=_Pinned((self.address, *self.others)), ssl=trust, happy_eyeballs_delay=CONNECT_SECONDS
            ),
            cookie_jar=aiohttp.CookieJar(unsafe=True),  # an edge may be named by its address
            timeout=aiohttp.ClientTimeout(total=timeout),
        )


class _Pinned(AbstractResolver):
    """Resolves every name to the same addresses."""

    def __init__(self, addresses: tuple[str, ...]) -> None:
        self._addresses = addresses

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=socket.AI_NUMERICHOST)
            for address in self._addresses
        ]

    async def close(self) -> None:
        """Nothing is held."""
