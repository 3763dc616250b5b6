"""The witness' monitoring on this machine's loopback: its files and command lines, with paths and ports of our own."""

import json
import os
import re
import shlex
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import yaml

from boot.document import BootDocument, render
from boot.live import Bundle
from fleet.certificates import Pair
from tests.unit.serving import serving

OURS = {"/etc/multiparty": "etc", "/var/lib/prometheus": "state"}


def free_ports(count: int) -> list[int]:
    """TCP ports that nobody listens on."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("", 0))
        return [int(each.getsockname()[1]) for each in sockets]
    finally:
        for each in sockets:
            each.close()


class MonitoringHost:
    """Prometheus, Alertmanager and the exporters of a boot document's units, below `root`."""

    def __init__(self, root: Path, ports: dict[int, int], replaced: dict[str, str]) -> None:
        self.root, self.ports, self.replaced = root, ports, replaced
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def write(self, document: BootDocument, bundles: tuple[Bundle, ...]) -> None:
        """Lay the files out, with what the bundles bring."""
        self.files = {file["path"]: file["content"] for file in yaml.safe_load(render(document))["write_files"]}
        texts = {f"{bundle.directory}/{name}": text for bundle in bundles for name, text in bundle.files.items()}
        for path, text in {**self.files, **texts}.items():
            if path.startswith("/etc/multiparty/"):
                here = Path(self._here(path))
                here.parent.mkdir(parents=True, exist_ok=True)
                here.write_text(self._here(text))

    def start(self) -> None:
        """Every daemon of monitoring."""
        for name in sorted({path.rpartition("/")[2] for path in self.files}):
            if name.startswith("prometheus") and name.endswith(".service"):
                self.begin(name)

    def begin(self, name: str) -> None:
        """A daemon, as its unit starts it."""
        (text,) = (text for path, text in self.files.items() if path.endswith(f"/{name}"))
        directives = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
        environment = dict(os.environ)
        if file := directives.get("EnvironmentFile"):
            environment |= dict(line.split("=", 1) for line in Path(self._here(file)).read_text().splitlines())
        if variable := directives.get("Environment"):
            environment |= [variable.split("=", 1)]
        with (self.root / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                shlex.split(self._here(directives["ExecStart"])), env=environment, stdout=log, stderr=log
            )

    def end(self, name: str) -> None:
        """End one."""
        process = self.running.pop(name)
        process.kill()
        process.wait(timeout=10)

    def stop(self) -> None:
        """End them."""
        for name in tuple(self.running):
            self.end(name)

    def figures(self, query: str) -> dict[str, float]:
        """What Prometheus answers, by site and job or server where there are such labels; nothing while it starts."""
        found = self._asked(f"query?query={urllib.parse.quote(query)}").get("result", [])
        return {_name(one["metric"]): float(one["value"][1]) for one in found}

    def firing(self) -> list[str]:
        """The alerts that fire, as Prometheus' rules say; nothing while it starts."""
        groups = self._asked("rules?type=alert").get("groups", [])
        return [rule["name"] for group in groups for rule in group["rules"] if rule["state"] == "firing"]

    def _asked(self, path: str) -> dict[str, Any]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.ports[9090]}/api/v1/{path}", timeout=20) as answer:
                data: dict[str, Any] = json.load(answer)["data"]
                return data
        except OSError:
            return {}

    def shell(self, script: str) -> str:
        """What a script says that runs on this server."""
        done = subprocess.run(["sh", "-c", self._here(script)], capture_output=True, text=True, check=True, timeout=60)
        return done.stdout

    def log(self) -> str:
        """The end of each daemon's log."""
        return "\n".join(f"{log.name}: {log.read_text()[-600:]}" for log in self.root.glob("*.log"))

    def _here(self, text: str) -> str:
        for directory, ours in OURS.items():
            text = text.replace(directory, f"{self.root}/{ours}")
        for there, here in self.replaced.items():
            text = text.replace(there, here)
        return re.sub(r"(?<=:)\d+\b", lambda port: str(self.ports.get(int(port[0]), port[0])), text)


def _name(metric: dict[str, str]) -> str:
    return " ".join(metric[label] for label in ("site", "server", "job", "alertname") if label in metric)


class Caught:
    """What a webhook was told, with the moment at which it was."""

    def __init__(self) -> None:
        self.told: list[tuple[float, str, dict[str, Any]]] = []

    def first(self, path: str, alert: str, status: str = "firing") -> float | None:
        """The moment at which an alert was told first."""
        moments = [
            at
            for at, where, body in list(self.told)
            if where == path
            for one in body["alerts"]
            if one["labels"]["alertname"] == alert and one["status"] == status
        ]
        return moments[0] if moments else None


@contextmanager
def webhook(port: int, host: str = "127.0.0.1") -> Iterator[Caught]:
    """A receiver of alerts."""
    caught = Caught()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            caught.told.append((time.monotonic(), self.path, body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
            """Nothing."""

    with serving(ThreadingHTTPServer((host, port), Handler)):
        yield caught


@contextmanager
def healthy(address: tuple[str, int], pair: Pair, home: Path) -> Iterator[None]:
    """Something that answers /health over HTTPS."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/health" else 404)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
            """Nothing."""

    certificate, key = home / f"{address[0]}.pem", home / f"{address[0]}.key"
    certificate.write_text(pair.certificate)
    key.write_text(pair.key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = ThreadingHTTPServer(address, Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    with serving(server):
        yield
