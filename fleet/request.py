"""One HTTP request to a service outside, and why there is no answer."""

import http.client
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from fleet.bounded import AskingError

TIMEOUT_SECONDS = 10


@dataclass(frozen=True)
class Answer:
    """What was answered; the headers' names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


def request(method: str, url: str, headers: Mapping[str, str] | None = None, body: bytes = b"") -> Answer:
    """Ask, through the environment's proxy where there is one; redirections are not followed.

    Raises:
        AskingError: nobody answers, or not by HTTP.
    """
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    proxy = None if urllib.request.proxy_bypass(parts.netloc) else urllib.request.getproxies().get(parts.scheme)
    # Only HTTPS goes through: what is asked in clear is on this machine.
    by_proxy = proxy if secure else None
    way = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    connection = way(urlsplit(by_proxy).netloc if by_proxy else parts.netloc, timeout=TIMEOUT_SECONDS)
    try:
        if by_proxy:
            connection.set_tunnel(parts.netloc)
        path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        connection.request(method, path, body=body or None, headers=dict(headers or {}))
        answer = connection.getresponse()
        return Answer(answer.status, {name.lower(): text for name, text in answer.getheaders()}, answer.read())
    except (OSError, http.client.HTTPException) as error:
        raise AskingError(f"{parts.hostname} does not answer: {type(error).__name__}: {error}") from error
    finally:
        connection.close()
