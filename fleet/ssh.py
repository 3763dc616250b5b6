"""SSH to the fleet: servers of operators' logins directly, the others through an edge, host keys known."""

import shlex
import subprocess
from pathlib import Path

from fleet.fleet import DeployedServer, Fleet
from settings.stack import LOGIN

# Until a server that is reached directly has taken the connection, and one behind an edge: two edges may have to be
# tried, and the login through the second one is two handshakes.
EDGE_SECONDS, LOGIN_SECONDS = 8, 30


def write(deployed: Fleet, directory: Path, identity: Path | None = None, *, shared: Path | None = None) -> Path:
    """Write `config` and `known_hosts`; the keys come from the servers' consoles, read through the API.

    Args:
        deployed: the fleet.
        directory: where to.
        identity: the private key to log in with; none: what the agent has.
        shared: a directory of a short name, for the sockets of connections that commands share; none: no sharing.

    Returns:
        The configuration's path, for `ssh -F`.
    """
    directory.mkdir(parents=True, exist_ok=True)
    known_hosts = directory / "known_hosts"
    known_hosts.write_text("".join(f"{s.name} {s.host_key}\n" for s in deployed.servers if s.host_key))
    edges = deployed.of("edge")
    path = directory / "config"
    blocks = [_block(server, edges, path.resolve()) for server in deployed.servers]
    identity_line = [f"    IdentityFile {identity}", "    IdentitiesOnly yes"] if identity else []
    common = [
        "Host *",
        f"    User {LOGIN}",
        f"    UserKnownHostsFile {known_hosts.resolve()}",
        "    StrictHostKeyChecking yes",
        f"    ConnectTimeout {LOGIN_SECONDS}",
        *identity_line,
        *(_sharing(shared) if shared else []),
    ]
    path.write_text("\n".join([*blocks, *common]) + "\n")
    return path


def login(config: Path, server: str) -> list[str]:
    """The command line that logs in to a server and runs what follows."""
    return ["ssh", "-F", str(config), "-o", "BatchMode=yes", server]


def run(config: Path, server: str, command: str, *, timeout: float = 60) -> subprocess.CompletedProcess[str]:
    """Run a command on a server.

    Raises:
        subprocess.TimeoutExpired: it took longer than `timeout` seconds.
    """
    return subprocess.run(
        [*login(config, server), command],
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def _sharing(directory: Path) -> list[str]:
    """A connection to a server that no longer answers is given up after 10 s, and the next command makes another."""
    return [
        "    ControlMaster auto",
        f"    ControlPath {directory}/%C",
        "    ControlPersist 60",
        "    ServerAliveInterval 5",
        "    ServerAliveCountMax 2",
    ]


def _block(server: DeployedServer, edges: list[DeployedServer], config: Path) -> str:
    lines = [f"Host {server.name}", f"    HostKeyAlias {server.name}"]
    if server.role in ("edge", "witness") and server.public_address:
        return "\n".join([*lines, f"    HostName {server.public_address}", f"    ConnectTimeout {EDGE_SECONDS}"])
    # Through the edge of its own site, where it has one; else, or when that is lost, through another.
    nearest = sorted(edges, key=lambda edge: edge.site != server.site)
    file = str(config).replace("%", "%%")
    ways = " || ".join(f'ssh -F "{file}" -o BatchMode=yes -W "[%h]:%p" {edge.name}' for edge in nearest)
    # In a shell of its own: ssh puts `exec` before the command, which would end with the first way.
    jump = [f"    ProxyCommand sh -c {shlex.quote(ways)}"] if nearest else []
    return "\n".join([*lines, f"    HostName {server.backbone_address}", *jump])
