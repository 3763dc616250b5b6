#!/usr/bin/python3
"""Have this server's relay allocate an address by TLS, as a browser does, and give it back (RFC 8656).

0 when it does, 1 with the reason when not. With a file, figures for Prometheus go there, and it is 0.
"""

import hashlib
import hmac
import os
import socket
import ssl
import struct
import sys
import time
from base64 import b64encode
from pathlib import Path

HOME = Path(os.environ.get("RELAY", "/etc/multiparty/relay"))
ALLOCATE, REFRESH, SUCCESS = 3, 4, 0x100
USERNAME, INTEGRITY, ERROR, LIFETIME, REALM, NONCE, TRANSPORT = 6, 8, 9, 13, 20, 21, 25
Attributes = dict[int, bytes]


def ask(relay: ssl.SSLSocket, kind: int, attributes: Attributes, key: bytes = b"") -> tuple[int, Attributes]:
    """The kind and the attributes of the answer."""
    number = struct.pack("!I", 0x2112A442) + os.urandom(12)
    body = b"".join(map(packed, attributes.items()))
    if key:
        signed = struct.pack("!HH", kind, len(body) + 24) + number + body
        body += packed((INTEGRITY, hmac.new(key, signed, hashlib.sha1).digest()))
    relay.sendall(struct.pack("!HH", kind, len(body)) + number + body)
    with relay.makefile("rb") as stream:
        answered, length = struct.unpack("!HH16x", stream.read(20))
        left, found = stream.read(length), {}
    while left:
        name, length = struct.unpack("!HH", left[:4])
        found[name] = left[4 : 4 + length]
        left = left[4 + length + -length % 4 :]
    return answered, found


def packed(attribute: tuple[int, bytes]) -> bytes:
    """An attribute as it is sent."""
    name, value = attribute
    return struct.pack("!HH", name, len(value)) + value + bytes(-len(value) % 4)


def look(name: str) -> float:
    """When the certificate ends, which is the file's and for the name; the relay has allocated."""
    trust = ssl.create_default_context(cafile=str(HOME / "relay.pem"))
    trust.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    with (
        socket.create_connection(("127.0.0.1", 443), 5) as plain,
        trust.wrap_socket(plain, server_hostname=name) as tls,
    ):
        _, said = ask(tls, ALLOCATE, {TRANSPORT: b"\x11\0\0\0"})
        user = f"{time.time() + 60:.0f}:probe".encode()
        password = b64encode(hmac.new((HOME / "secret").read_bytes().strip(), user, hashlib.sha1).digest())
        own = {USERNAME: user, REALM: said[REALM], NONCE: said[NONCE]}
        key = hashlib.md5(b":".join((user, said[REALM], password)), usedforsecurity=False).digest()
        kind, said = ask(tls, ALLOCATE, {TRANSPORT: b"\x11\0\0\0", **own}, key)
        if kind != ALLOCATE | SUCCESS:
            raise OSError(f"an allocation is refused: {said.get(ERROR, b'')[4:].decode()}")
        ask(tls, REFRESH, {LIFETIME: bytes(4), **own}, key)
        return ssl.cert_time_to_seconds(str((tls.getpeercert() or {})["notAfter"]))


def main(name: str, figures: str = "") -> int:
    """The command."""
    why, ends = "", 0.0
    try:
        ends = look(name)
    except (OSError, KeyError, ValueError, struct.error) as error:
        why = f"nothing is relayed: {error!r}"
    if figures:
        lines = [
            f"relay_allocates {int(not why)}",
            f"relay_asked {time.time():.0f}",
            f"relay_certificate_ends {ends:.0f}",
        ]
        new = Path(f"{figures}.new")
        new.write_text("\n".join(lines[: 3 if ends else 2]) + "\n")
        new.chmod(0o644)
        new.replace(figures)
    print(why or f"relays as {name}; its certificate has {(ends - time.time()) / 86400:.0f} days")
    return int(bool(why) and not figures)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
