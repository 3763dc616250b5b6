#!/usr/bin/python3
"""Open a room on this server's own instance, as a browser does, up to the SFU's capabilities; leave nothing behind.

0 when it opens, or when people are asked to sign in or to wait and the SFU's workers run; 1 with the reason when not.
With `--figures FILE` it is written there too, for Prometheus, and the exit status is 0.
"""

import argparse
import http.client
import json
import os
import re
import socket
import ssl
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import unquote, urlencode

SETTINGS = Path("/etc/multiparty/meeting/room-probe.json")
ROOM = "multiparty-readiness"
PATIENCE = 6.0  # seconds for all of it; who waits for a check gives it ten, of which a busy machine takes some
WORKER = "mediasoup-worker"
# Upstream's words for a lobby, a login, a full room.
PARKED = ("enteredLobby", "signInRequired", "overRoomLimit")
READY = ("roomReady", "roomBack")


class NotOpenError(Exception):
    """No room opens; the message says how far it came."""


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description="Open a room on this server.")
    parser.add_argument("--figures", type=Path)
    parser.add_argument("--settings", type=Path, default=SETTINGS)
    args = parser.parse_args()
    begun = time.monotonic()
    try:
        said, failed = Visit(json.loads(args.settings.read_text())).open(), False
    except (NotOpenError, OSError, ValueError, http.client.HTTPException) as error:
        said, failed = f"no room opens: {error or type(error).__name__}", True
    if args.figures:
        write(args.figures, opens=not failed, seconds=time.monotonic() - begun)
    print(said, file=sys.stderr if failed else sys.stdout)
    return 1 if failed and not args.figures else 0


def write(path: Path, *, opens: bool, seconds: float) -> None:
    """The figures, in one piece, for node_exporter."""
    new = path.with_suffix(".new")
    new.write_text(
        f"meeting_room_opens {int(opens)}\nmeeting_room_seconds {seconds:.3f}\nmeeting_room_asked {time.time():.0f}\n"
    )
    new.chmod(0o644)
    new.replace(path)


class Visit:
    """One visitor of the room."""

    def __init__(self, settings: dict[str, Any]) -> None:
        """Prepare to visit the instance that the settings name."""
        self._settings = settings
        self._deadline = time.monotonic() + PATIENCE
        self._query = {"peerId": f"{ROOM}-{os.getpid()}-{time.time_ns()}", "roomId": ROOM, "EIO": "3"}
        self._cookies: dict[str, str] = {}
        self._trust = ssl.create_default_context(cafile=settings["authority"])

    def open(self) -> str:
        """Open the room, and leave; what was seen, in words.

        Raises:
            NotOpenError: it does not open.
            OSError: the instance does not answer.
        """
        try:
            self._ask("GET", f"/{ROOM}", "the page")
            opened = next(self._packets(self._ask("GET", self._path(), "signalling")), "")
            if not opened.startswith("0"):
                raise NotOpenError(f"no Socket.io: {opened[:80]!r}")
            self._query["sid"] = str(json.loads(opened[1:])["sid"])
            try:
                return self._enter()
            finally:
                self._send("1")
        finally:
            self._forget()

    def _enter(self) -> str:
        method = self._notified()
        if method in PARKED:
            workers = running(WORKER)
            if not workers:
                raise NotOpenError(f"a guest is answered {method}, and no SFU worker runs")
            return f"a guest is answered {method}; {workers} SFU workers run"
        self._send('420["request",{"method":"getRouterRtpCapabilities","data":{}}]')
        for packet in self._polled("the SFU's capabilities"):
            if packet.startswith("430"):
                refused, found = [*json.loads(packet[3:]), None, None][:2]
                kinds = sorted({codec["kind"] for codec in (found or {}).get("codecs", [])})
                if refused or not kinds:
                    raise NotOpenError(f"the SFU says {refused or 'nothing of codecs'}")
                return f"a room opens, with {' and '.join(kinds)}"
        raise NotOpenError("the SFU's capabilities: the connection ended")

    def _notified(self) -> str:
        for packet in self._polled("the room"):
            if packet.startswith("42"):
                event, content = json.loads(re.sub(r"^42[0-9]*", "", packet))
                if event == "notification" and content["method"] in (*READY, *PARKED):
                    return str(content["method"])
        raise NotOpenError("the room: the connection ended")

    def _polled(self, what: str) -> Iterator[str]:
        """The packets that come, until the connection is closed."""
        while True:
            for packet in self._packets(self._ask("GET", self._path(), what)):
                if packet.startswith(("1", "41", "44")):
                    return
                yield packet

    def _send(self, packet: str) -> None:
        self._ask("POST", self._path(), "signalling", f"{len(packet)}:{packet}")

    def _path(self) -> str:
        return f"/socket.io/?{urlencode({**self._query, 'transport': 'polling'})}"

    def _packets(self, body: str) -> Iterator[str]:
        """Engine.io 3: each packet behind its length."""
        while body:
            length, _, rest = body.partition(":")
            if not length.isdigit():
                raise NotOpenError(f"no Socket.io: {body[:80]!r}")
            yield rest[: int(length)]
            body = rest[int(length) :]

    def _ask(self, method: str, path: str, what: str, body: str = "") -> str:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise NotOpenError(f"{what}: not within {PATIENCE:g} s")
        name = self._settings["name"]
        connection = _Local(name, self._settings["port"], left, self._trust)
        headers = {"Host": name, "Cookie": "; ".join(f"{key}={value}" for key, value in self._cookies.items())}
        if body:
            headers["Content-Type"] = "text/plain;charset=UTF-8"
        try:
            connection.request(method, path, body.encode() or None, headers)
            response = connection.getresponse()
            text = response.read().decode()
        except TimeoutError:
            raise NotOpenError(f"{what}: not within {PATIENCE:g} s") from None
        finally:
            connection.close()
        for cookie in response.headers.get_all("Set-Cookie", []):
            key, _, value = cookie.partition(";")[0].partition("=")
            self._cookies[key.strip()] = value.strip()
        if response.status >= 400:
            raise NotOpenError(f"{what}: HTTP {response.status} {text[:80]!r}")
        return text

    def _forget(self) -> None:
        """Delete the session, which would stay for an hour; a Redis that does not answer forgets it by itself."""
        signed = unquote(self._cookies.get(self._settings["cookie"], ""))
        session = re.match(r"s:([^.]+)\.", signed)
        if session:
            try:
                delete(f"sess:{session[1]}", self._settings["redis"])
            except (OSError, ValueError) as error:
                print(f"the session was not deleted: {error}", file=sys.stderr)


class _Local(http.client.HTTPSConnection):
    """Loopback, spoken to as the fleet's name, whose certificate has to be the fleet's."""

    def __init__(self, name: str, port: int, patience: float, trust: ssl.SSLContext) -> None:
        super().__init__(name, port, timeout=patience, context=trust)
        self._wrap = trust

    def connect(self) -> None:
        plain = socket.create_connection(("127.0.0.1", self.port), self.timeout)
        self.sock = self._wrap.wrap_socket(plain, server_hostname=self.host)


def running(name: str) -> int:
    """How many processes of this name there are, also in containers."""
    return sum(comm.read_text().strip() == name[:15] for comm in Path("/proc").glob("[0-9]*/comm"))


def delete(key: str, redis: dict[str, Any]) -> None:
    """Delete a key of the Redis that config.js' `redisOptions` name.

    Raises:
        OSError: nobody answers.
        ValueError: nobody that answers is the master.
    """
    password = redis.get("password") or redis.get("redisOptions", {}).get("password", "")
    nodes = [(node["host"], node["port"]) for node in redis.get("cluster", [])]
    if "sentinels" in redis:
        nodes = list(masters(redis))
    elif "host" in redis:
        nodes = [(redis["host"], redis["port"])]
    refused = "no master is known"
    for node in nodes:
        (answer,) = said(node, password, "DEL", key)
        if moved := re.match(r"-MOVED \d+ (\S+):(\d+)", answer):
            (answer,) = said((moved[1], int(moved[2])), password, "DEL", key)
        if answer.startswith(":"):
            return
        refused = answer
    raise ValueError(refused)


def masters(redis: dict[str, Any]) -> Iterator[tuple[str, int]]:
    """The master, by each Sentinel that answers."""
    for sentinel in redis["sentinels"]:
        asked = ("SENTINEL", "get-master-addr-by-name", redis["name"])
        try:
            host, port = said((sentinel["host"], sentinel["port"]), redis.get("sentinelPassword", ""), *asked)
        except (OSError, ValueError):
            continue
        yield host, int(port)


def said(node: tuple[str, int], password: str, *command: str) -> list[str]:
    """What a Redis or a Sentinel answers in its protocol: one word, with its kind, or the words of a list.

    Raises:
        OSError: it does not answer.
    """
    commands = [("AUTH", password), command] if password else [command]
    with socket.create_connection(node, 1) as asked, asked.makefile("rb") as stream:
        asked.sendall(b"".join(_written(words) for words in commands))
        return [_answer(stream) for _ in commands][-1]


def _answer(stream: BinaryIO) -> list[str]:
    line = stream.readline().decode().rstrip()
    if line.startswith("*"):
        return [word for _ in range(int(line[1:])) for word in _answer(stream)]
    if line.startswith("$"):
        return [stream.read(int(line[1:]) + 2).decode().rstrip()]
    return [line]


def _written(words: tuple[str, ...]) -> bytes:
    parts = "".join(f"${len(word.encode())}\r\n{word}\r\n" for word in words)
    return f"*{len(words)}\r\n{parts}".encode()


if __name__ == "__main__":
    sys.exit(main())
