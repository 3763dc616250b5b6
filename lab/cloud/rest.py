"""A small client of the lab's own APIs, for what an administrator sets up."""

import json
import mmap
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from lab.cloud.layout import AUTH_URL, PASSWORDS, PROJECTS, Region
from lab.cloud.shell import LabError

ATTEMPTS = 40
BUSY = {500, 502, 503}  # a service that has just started


class Client:
    """A user's token, and requests with it."""

    def __init__(self, user: str = "admin") -> None:
        domain = {"id": "default"}
        body = {
            "auth": {
                "identity": {
                    "methods": ["password"],
                    "password": {"user": {"name": user, "password": PASSWORDS[user], "domain": domain}},
                },
                "scope": {"project": {"name": PROJECTS[user], "domain": domain}},
            }
        }
        self._token = ""
        _, headers = self._send("POST", f"{AUTH_URL}/auth/tokens", json.dumps(body).encode(), "application/json")
        self._token = headers["x-subject-token"]

    def call(self, method: str, url: str, body: object = None) -> Any:  # noqa: ANN401 -- JSON
        """One request; the answer's JSON, or None."""
        data = None if body is None else json.dumps(body).encode()
        answer, _ = self._send(method, url, data, "application/json")
        return json.loads(answer) if answer else None

    def get(self, region: Region, service: str, path: str) -> Any:  # noqa: ANN401 -- JSON
        """GET from a region's service."""
        return self.call("GET", region.endpoint(service) + path)

    def post(self, region: Region, service: str, path: str, body: object) -> Any:  # noqa: ANN401 -- JSON
        """POST to a region's service."""
        return self.call("POST", region.endpoint(service) + path, body)

    def upload(self, url: str, content: Path | bytes) -> None:
        """PUT bytes, or those of a file, which is not read into memory."""
        if isinstance(content, bytes):
            self._send("PUT", url, content, "application/octet-stream")
            return
        with content.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            self._send("PUT", url, mapped, "application/octet-stream")

    def _send(
        self, method: str, url: str, data: bytes | mmap.mmap | None, content: str
    ) -> tuple[bytes, dict[str, str]]:
        headers = {"Content-Type": content, "Connection": "close", "OpenStack-API-Version": "compute 2.90"}
        if self._token:
            headers["X-Auth-Token"] = self._token
        last = ""
        for _ in range(ATTEMPTS):
            request = urllib.request.Request(url, data, headers, method=method)  # noqa: S310 -- our own http URLs
            try:
                with urllib.request.urlopen(request, timeout=120) as answer:  # noqa: S310
                    return answer.read(), {key.lower(): value for key, value in answer.headers.items()}
            except urllib.error.HTTPError as error:
                last = f"{error.code} {error.read()[:300].decode(errors='replace')}"
                if error.code not in BUSY:
                    break
            except OSError as error:
                last = str(error)
            time.sleep(0.5)
        raise LabError(f"{method} {url}: {last}")
