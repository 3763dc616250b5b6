"""Redis, Sentinel and stand-in servers as real processes on loopback, each with what it said last."""

import json
import os
import shutil
import signal
import socket
import subprocess
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from boot.meeting.config_js import render
from drill.clients import Edge
from settings.redis import CONNECT_TIMEOUT, SENTINEL_COMMAND_TIMEOUT, SOCKET_TIMEOUT
from settings.servers import ServerName
from tests.unit.waiting import eventually

HOST = "meeting.test"
SECRET = "the-same-on-every-instance"
REDIS_PASSWORD = "redis-password"


def free_port() -> int:
    """A port nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


class Process:
    """A program whose output goes to a file; stopped when left."""

    def __init__(self, command: list[str], log: Path, cwd: Path) -> None:
        self.log = log
        with log.open("wb") as output:
            self.popen = subprocess.Popen(command, cwd=cwd, stdout=output, stderr=subprocess.STDOUT)

    def says(self, text: str, timeout: float = 60) -> str:
        """Waits for `text` in the output, which is returned."""

        def output() -> str:
            ended = self.popen.poll()  # before what it said last is read
            said = self.log.read_text()
            if text not in said and ended is not None:
                raise AssertionError(f"ended with {ended} before it said '{text}':\n{said}")
            return said

        return eventually(output, lambda seen: text in seen, seconds=timeout, what=f"'{text}' in {self.log.name}")

    def end(self, how: signal.Signals = signal.SIGTERM, timeout: float = 30) -> int:
        """Sends the signal and returns the exit code."""
        self.popen.send_signal(signal.SIGCONT)
        self.popen.send_signal(how)
        return self.popen.wait(timeout)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.popen.poll() is None:
            self.end(signal.SIGKILL)


class Redis(Process):
    """A Redis server, a replica of `master` when one is given."""

    def __init__(self, directory: Path, master: "Redis | None" = None) -> None:
        self.port = free_port()
        options = {"port": self.port, "bind": "127.0.0.1", "save": "", "dir": directory, "requirepass": REDIS_PASSWORD}
        command = ["redis-server", *_flags(options), "--masterauth", REDIS_PASSWORD]
        if master:
            command += ["--replicaof", f"127.0.0.1 {master.port}", "--repl-diskless-sync-delay", "0"]
        super().__init__(command, directory / f"redis-{self.port}.log", directory)
        self.says("Ready to accept connections")

    @property
    def options(self) -> dict[str, Any]:
        """`redisOptions` for this server."""
        return {"host": "127.0.0.1", "port": self.port, "password": REDIS_PASSWORD}

    def paused(self, paused: bool) -> None:
        """Stops or continues the process: connections stay open and nothing answers."""
        self.popen.send_signal(signal.SIGSTOP if paused else signal.SIGCONT)


class Sentinel(Process):
    """One Sentinel whose word is enough."""

    def __init__(self, directory: Path, master: Redis) -> None:
        self.port = free_port()
        config = directory / f"sentinel-{self.port}.conf"
        config.write_text(
            f"port {self.port}\nbind 127.0.0.1\nrequirepass {REDIS_PASSWORD}\n"
            f"sentinel monitor mymaster 127.0.0.1 {master.port} 1\nsentinel auth-pass mymaster {REDIS_PASSWORD}\n"
            "sentinel down-after-milliseconds mymaster 1000\nsentinel failover-timeout mymaster 5000\n"
        )
        super().__init__(["redis-sentinel", str(config)], directory / f"sentinel-{self.port}.log", directory)

    @property
    def options(self) -> dict[str, Any]:
        """`redisOptions` as a deployment writes them."""
        return {
            "sentinels": [{"host": "127.0.0.1", "port": self.port}],
            "name": "mymaster",
            "password": REDIS_PASSWORD,
            "sentinelPassword": REDIS_PASSWORD,
            "updateSentinels": False,
            "connectTimeout": CONNECT_TIMEOUT,
            "sentinelCommandTimeout": SENTINEL_COMMAND_TIMEOUT,
            "socketTimeout": SOCKET_TIMEOUT,
        }


@dataclass(frozen=True)
class Installation:
    """An unpacked archive and a certificate for `HOST`."""

    server: Path
    certificate: Path
    key: Path


class Server(Process):
    """One instance of the stand-in, named `name`, ready to serve."""

    def __init__(
        self,
        installed: Installation,
        directory: Path,
        name: str,
        config: dict[str, Any],
        kind: ServerName = "multiparty-meeting",
    ) -> None:
        self.exporter_port = free_port()
        exporter = {"listen": "127.0.0.1", "port": self.exporter_port}
        self.config = {
            "behindReverseProxy": True,
            "httpOnly": False,
            "listeningPort": free_port(),
            "listeningRedirectPort": 0,
            "tls": {"cert": str(installed.certificate), "key": str(installed.key)},
            "cookieSecret": SECRET,
            "mediasoup": {
                "webRtcTransport": {"listenIps": [{"ip": "127.0.0.1", "announcedIp": "127.0.0.1"}]},
                "worker": {"rtcMinPort": 41000, "rtcMaxPort": 41999},
            },
            "prometheus": exporter | ({"enabled": True} if kind == "edumeet-3.5" else {}),
            **config,
            "standIn": {"instance": name, "server": kind, **config.get("standIn", {})},
        }
        home = directory / name
        if not home.exists():
            shutil.copytree(installed.server, home, copy_function=os.link)
        (home / "config" / "config.js").write_text(render(kind, {}, self.config))
        super().__init__(["node", "server.js"], directory / f"{name}.log", home)
        self.edge = Edge(HOST, "127.0.0.1", self.config["listeningPort"], installed.certificate)
        self.says("ready standIn")

    def exported(self, path: str) -> str:
        """What the exporter says at `path`."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.exporter_port}{path}", timeout=20) as response:
            content: bytes = response.read()
            return content.decode()

    def rooms(self) -> dict[str, list[str]]:
        """Who is in which room of this instance."""
        rooms: dict[str, list[str]] = json.loads(self.exported("/rooms"))
        return rooms


def _flags(options: dict[str, Any]) -> list[str]:
    return [word for name, value in options.items() for word in (f"--{name}", str(value))]
