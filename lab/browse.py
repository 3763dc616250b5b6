"""The demonstration's pages for a browser on this machine: addresses of its loopback that lead into the lab.

Caddy listens on this machine's loopback and asks from inside the lab's network. It speaks plain HTTP to the browser,
which takes loopback for a secure place (https://w3c.github.io/webappsec-secure-contexts/#localhost), and TLS to the
edges, whose certificate it checks against the lab's own authority: no browser warns of that one.
"""

import shlex
import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from fleet import ssh
from fleet.fleet import Fleet
from fleet.until import until
from lab.cloud.shell import LabError
from lab.deployment import Deployment
from lab.engine.gotools import build
from lab.workspace import DOMAIN
from settings.monitoring import PROMETHEUS_PORT

EDGES_PORT = 8001
"""On loopback, of the first edge; those of the others follow."""
STATUS_PATH = "/status"
NOT_MADE_YET = 503
"""What an edge answers until it has fetched the first status page."""
_LOOPBACK = "127.0.0.1"
_SECONDS = 60


@dataclass(frozen=True)
class Listener:
    """An address on loopback, and where it leads.

    Attributes:
        port: if it is free; else another one.
        upstream: inside the lab, in Caddy's words.
        pages: the path of each page there, by its name.
        host: the name that the upstream is asked for, by TLS; empty: plain HTTP.
    """

    port: int
    upstream: str
    pages: dict[str, str]
    host: str = ""


def open_pages(deployment: Deployment, fleet: Fleet) -> dict[str, str]:
    """Make the pages reachable until the lab is taken down; what an earlier call started gives way.

    Returns:
        The URL of each page, by its name.

    Raises:
        LabError: one does not answer.
    """
    home = deployment.lab.home
    config = ssh.write(fleet, deployment.ssh_directory, deployment.identity)
    tunnel = home / "prometheus.sock"
    for service in ("pages", "tunnel"):
        _end(deployment, service)
    for witness in fleet.of("witness"):
        _start(deployment, "tunnel", _tunnel(config, witness.name, tunnel))
    wanted = listeners(fleet, tunnel)
    with ExitStack() as stack:
        sockets = [stack.enter_context(_listening(listener.port)) for listener in wanted]
        file = home / "pages.Caddyfile"
        inherited = [opened.fileno() for opened in sockets]
        file.write_text(caddyfile(wanted, inherited, deployment.authority))
        _start(
            deployment,
            "pages",
            shlex.join([str(build("caddy")), "run", "--config", str(file), "--adapter", "caddyfile"]),
            inherited,
        )
        ports = [opened.getsockname()[1] for opened in sockets]
    urls = {
        name: f"http://localhost:{port}{path}"
        for listener, port in zip(wanted, ports, strict=True)
        for name, path in listener.pages.items()
    }
    for name, url in urls.items():
        _wait(name, url, home / "log" / "pages.out")
    return urls


def text(urls: dict[str, str]) -> str:
    """What a person reads: the pages, how to open them from elsewhere, and what they are not."""
    width = max(map(len, urls))
    ports = sorted({url.split("/")[2].partition(":")[2] for url in urls.values()})
    forwards = " ".join(f"-L {port}:localhost:{port}" for port in ports)
    return "\n".join(
        [
            "To open in a browser on this machine:\n",
            *(f"  {name.ljust(width)}  {url}" for name, url in urls.items()),
            f"\nFor a browser on another machine, there first: ssh {forwards} root@{socket.gethostname()}\n",
            "From loopback on it is TLS, checked against the lab's own authority: a browser has nothing to warn of.",
            "Sound and pictures go to addresses inside the lab, which a browser out here does not reach.",
        ]
    )


def listeners(fleet: Fleet, tunnel: Path) -> list[Listener]:
    """What leads into a lab: each edge, and Prometheus on the witness' loopback, by a tunnel."""
    edges = [
        Listener(
            EDGES_PORT + index,
            f"https://{edge.public_address}:443",
            {f"meetings, edge {edge.site}": "/", f"status page, edge {edge.site}": STATUS_PATH},
            DOMAIN,
        )
        for index, edge in enumerate(fleet.of("edge"))
    ]
    watched = [Listener(PROMETHEUS_PORT, f"unix/{tunnel}", {"Prometheus": "/"})] if fleet.of("witness") else []
    return [*edges, *watched]


def caddyfile(wanted: Sequence[Listener], sockets: Sequence[int], authority: Path) -> str:
    """Caddy's configuration.

    Args:
        wanted: what leads where.
        sockets: the file descriptor of each one's listening socket, which Caddy inherits.
        authority: the certificate that the edges' is checked against.
    """
    options = "{\n\tadmin off\n\tauto_https off\n\tpersist_config off\n}\n"
    return options + "".join(
        f"http://:{listener.port} {{\n\tbind fd/{inherited}\n\treverse_proxy {_upstream(listener, authority)}}}\n"
        for listener, inherited in zip(wanted, sockets, strict=True)
    )


def _upstream(listener: Listener, authority: Path) -> str:
    if not listener.host:
        return f"{listener.upstream}\n"
    return f"""{listener.upstream} {{
		header_up Host {listener.host}
		transport http {{
			tls_server_name {listener.host}
			tls_trust_pool file {authority}
		}}
	}}
"""


def _tunnel(config: Path, witness: str, path: Path) -> str:
    """A shell command that keeps a tunnel to Prometheus, also when the witness was away."""
    options = ["-o", "ServerAliveInterval=5", "-o", "StreamLocalBindUnlink=yes", "-o", "ExitOnForwardFailure=yes"]
    command = ["ssh", "-F", str(config), *options, "-N", "-L", f"{path}:{_LOOPBACK}:{PROMETHEUS_PORT}", witness]
    return f"while :; do {shlex.join(command)}; sleep 1; done"


def _listening(port: int) -> socket.socket:
    """A listening socket in this thread's network; on another port where that one is taken."""
    for wanted in (port, 0):
        opened = socket.socket()
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            opened.bind((_LOOPBACK, wanted))
        except OSError:
            opened.close()
            continue
        opened.listen(64)
        return opened
    raise LabError("no port is free on loopback")


def _start(deployment: Deployment, service: str, command: str, inherited: Sequence[int] = ()) -> None:
    """Start a shell command inside the lab, which ends with it; its sockets are of this thread's network."""
    home = deployment.lab.home
    with (home / "log" / f"{service}.out").open("ab") as out:
        subprocess.Popen(
            deployment.lab.enter(["setsid", "bash", "-c", f"echo $$ > {home}/{service}.pid; {command}"]),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            pass_fds=inherited,
        )


def _end(deployment: Deployment, service: str) -> None:
    """End what `_start` started, if it runs."""
    with suppress(FileNotFoundError):
        pid = int((deployment.lab.home / f"{service}.pid").read_text())
        deployment.lab.run(["kill", "--", f"-{pid}"], quiet=True)


def _wait(name: str, url: str, log: Path) -> None:
    """Until a page answers, and be it that the status page is not made yet."""

    def lacking() -> str:
        try:
            with urllib.request.urlopen(url, timeout=5):  # noqa: S310 -- our own http URLs
                return ""
        except urllib.error.HTTPError as error:
            made = (error.code, url.endswith(STATUS_PATH)) != (NOT_MADE_YET, True)
            return f"status {error.code}" if made else ""

    until(lacking, seconds=_SECONDS, what=f"{name}: {url}, whose log is {log}", error=LabError, pause=0.2)
