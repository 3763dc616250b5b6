#!/usr/bin/python3
"""room_probe.py, where Redis and the Sentinels are spoken to by TLS."""

import socket
import ssl
import sys
from functools import partial
from importlib import import_module
from typing import Any

sys.path.insert(0, "/usr/local/lib/multiparty")
room_probe: Any = import_module("room_probe")
in_clear = room_probe.delete


def delete(key: str, redis: dict[str, Any]) -> None:
    """As `room_probe.delete`; beside config.js' `redisOptions` is the file of who is trusted."""
    trust = ssl.create_default_context(cafile=redis["authority"])
    room_probe.said = partial(said, trust, redis["tls"]["servername"])
    in_clear(key, redis)


def said(trust: ssl.SSLContext, name: str, node: tuple[str, int], password: str, *command: str) -> list[str]:
    """As `room_probe.said`.

    Raises:
        OSError: it does not answer, or is none of the fleet.
    """
    commands = [("AUTH", password), command]
    with socket.create_connection(node, 1) as plain, trust.wrap_socket(plain, server_hostname=name) as asked:
        asked.sendall(b"".join(room_probe._written(words) for words in commands))
        stream = asked.makefile("rb")
        answers: list[list[str]] = [room_probe._answer(stream) for _ in commands]
        return answers[-1]


if __name__ == "__main__":
    room_probe.delete = delete
    sys.exit(room_probe.main())
