#!/usr/bin/python3
"""Have this server's relay allocate by TLS, as browsers do (RFC 8656): 0, or 1 with the reason.

With a file, figures for Prometheus go there, and it is 0.
"""

import hashlib
import hmac
import os
import ssl
import struct
import sys
import time
from base64 import b64encode
from pathlib import Path
from socket import create_connection

HOME = Path("/etc/multiparty/relay")
ALLOCATE, ALLOCATED = 3, 0x103
USERNAME, INTEGRITY, ERROR, REALM, NONCE, TRANSPORT = 6, 8, 9, 20, 21, 25
UDP = {TRANSPORT: b"\x11\0\0\0"}
Attributes = dict[int, bytes]


def _ask(relay: ssl.SSLSocket, attributes: Attributes, key: bytes = b"") -> tuple[int, Attributes]:
    number = struct.pack("!I", 0x2112A442) + os.urandom(12)
    body = b"".join(struct.pack("!HH", n, len(v)) + v + bytes(-len(v) % 4) for n, v in attributes.items())
    if key:
        signed = struct.pack("!HH", ALLOCATE, len(body) + 24) + number + body
        body += struct.pack("!HH", INTEGRITY, 20) + hmac.digest(key, signed, "sha1")
    relay.sendall(struct.pack("!HH", ALLOCATE, len(body)) + number + body)
    with relay.makefile("rb") as stream:
        kind, length = struct.unpack("!HH16x", stream.read(20))
        left, found = stream.read(length), {}
    while left:
        name, length = struct.unpack("!HH", left[:4])
        found[name] = left[4 : 4 + length]
        left = left[4 + length + -length % 4 :]
    return kind, found


def _look(name: str) -> float:
    # No other certificate than the file's. What is allocated goes with the connection.
    trust = ssl.create_default_context(cafile=str(HOME / "relay.pem"))
    trust.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    with create_connection(("127.0.0.1", 443), 5) as plain, trust.wrap_socket(plain, server_hostname=name) as tls:
        said = _ask(tls, UDP)[1]
        user = f"{time.time() + 60:.0f}:probe".encode()
        password = b64encode(hmac.digest((HOME / "secret").read_bytes().strip(), user, "sha1"))
        key = hashlib.md5(b":".join((user, said[REALM], password)), usedforsecurity=False).digest()
        kind, said = _ask(tls, {**UDP, USERNAME: user, REALM: said[REALM], NONCE: said[NONCE]}, key)
        if kind != ALLOCATED:
            raise OSError(f"an allocation is refused: {said.get(ERROR, b'')[4:].decode()}")
        return ssl.cert_time_to_seconds(str((tls.getpeercert() or {})["notAfter"]))


def main(name: str, figures: str = "") -> int:
    """The command."""
    now, ends, why = time.time(), 0.0, ""
    try:
        ends = _look(name)
    except (OSError, KeyError, ValueError, struct.error) as error:
        why = f"nothing is relayed: {error!r}"
    if figures:
        said = f"relay_allocates {int(not why)}\nrelay_asked {now:.0f}\n"
        new = Path(f"{figures}.new")
        new.write_text(said + (f"relay_certificate_ends {ends:.0f}\n" if ends else ""))
        new.chmod(0o644)
        new.replace(figures)
    print(why or f"relays as {name}; its certificate has {(ends - now) / 86400:.0f} days")
    return int(bool(why) and not figures)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
