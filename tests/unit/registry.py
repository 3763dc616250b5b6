"""A registry of container images by HTTP, and the authority that gives its tokens."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.unit.serving import serving

_TOKEN = "token-of-anybody"


@dataclass
class Registry:
    """What it has.

    Attributes:
        images: digests by "name:reference".
        access: `open`; `token`: to who has asked for a token; `login`: to nobody here.
    """

    images: dict[str, str] = field(default_factory=dict)
    access: str = "open"
    asked: list[str] = field(default_factory=list)
    host: str = ""


@contextmanager
def registry(**images: str) -> Iterator[Registry]:
    """A registry that listens on this machine."""
    found = Registry(dict(images))

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
            """Quiet."""

        def do_GET(self) -> None:
            """A token."""
            body = json.dumps({"token": _TOKEN}).encode()
            self.send_response(200 if found.access == "token" else 401)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_HEAD(self) -> None:
            """A manifest."""
            found.asked.append(self.path)
            name, _, reference = self.path.removeprefix("/v2/").partition("/manifests/")
            if found.access != "open" and self.headers.get("Authorization") != f"Bearer {_TOKEN}":
                self.send_response(401)
                self.send_header(
                    "WWW-Authenticate", f'Bearer realm="http://{found.host}/token",service="x",scope="pull"'
                )
            elif digest := found.images.get(f"{name}:{reference}"):
                self.send_response(200)
                self.send_header("Docker-Content-Digest", digest)
            else:
                self.send_response(404)
            self.end_headers()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.host = f"127.0.0.1:{server.server_address[1]}"
    with serving(server):
        yield found
