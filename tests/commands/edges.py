"""Edges and nameservers of a deployed environment, as they answer from outside."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import dns.flags
import dns.message
import dns.rrset

from tests.unit.serving import serving


@contextmanager
def edge(address: str, certificate: Path, dead: Callable[[], bool]) -> Iterator[None]:
    """Answers /health by HTTPS at its public address; dead, it takes connections and says nothing."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
            """Quiet."""

        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128  # many commands at once, on a busy machine

        def finish_request(self, request: Any, client: Any) -> None:  # noqa: ANN401 - as the base has it
            if dead():
                time.sleep(600)
            with context.wrap_socket(request, server_side=True) as tls:
                super().finish_request(tls, client)

        def handle_error(self, *_: object) -> None:
            """Quiet."""

    running = Server((address, 443), Handler)
    with serving(running):
        yield


@contextmanager
def nameserver(address: str, dead: Callable[[], bool], named: Callable[[], list[str]]) -> Iterator[None]:
    """Has the addresses for whatever name it is asked for; dead, it says nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as hearing:
        hearing.bind((address, 53))
        hearing.settimeout(0.05)
        stopped = threading.Event()

        def serve() -> None:
            while not stopped.is_set():
                try:
                    asked, whom = hearing.recvfrom(4096)
                except OSError:
                    continue
                if not dead():
                    hearing.sendto(_answer(asked, named()), whom)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield
        finally:
            stopped.set()
            thread.join(5)


def _answer(asked: bytes, addresses: list[str]) -> bytes:
    query = dns.message.from_wire(asked)
    response = dns.message.make_response(query)
    response.flags |= dns.flags.AA
    if addresses:
        response.answer.append(dns.rrset.from_text(query.question[0].name, 30, "IN", "A", *addresses))
    return response.to_wire()
