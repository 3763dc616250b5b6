"""An SSH server of the tests' own, on loopback and for the user who runs the tests."""

import getpass
import shutil
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path

from fleet.until import until
from tests.conftest import skip_or_fail

CONFIG = """
Port {port}
ListenAddress 127.0.0.1
HostKey {directory}/host_ed25519
HostKey {directory}/host_ecdsa
AuthorizedKeysFile {directory}/client.pub
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
AcceptEnv COLOUR
"""


@dataclass(frozen=True)
class Server:
    """A running server.

    Attributes:
        port: where it listens, on 127.0.0.1.
        directory: its keys: `client`, `host_ed25519` and `host_ecdsa`, each with its `.pub`.
    """

    port: int
    directory: Path

    def connection(self, *, host_key: str = "host_ed25519", **more: object) -> str:
        """The `connection` argument of a program, as Python."""
        arguments = {
            "host": "127.0.0.1",
            "port": self.port,
            "user": getpass.getuser(),
            "private_key": (self.directory / "client").read_text(),
            "host_key": (self.directory / f"{host_key}.pub").read_text(),
        }
        return repr(arguments | more)


def start(directory: Path) -> tuple[Server, subprocess.Popen[bytes]]:
    """Start a server; the caller ends the process."""
    binary = shutil.which("sshd", path="/usr/sbin:/usr/bin:/usr/local/sbin")
    if binary is None:
        skip_or_fail("there is no sshd: Debian's package openssh-server has it")
    for name, kind in (("client", "ed25519"), ("host_ed25519", "ed25519"), ("host_ecdsa", "ecdsa")):
        subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", directory / name], check=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (directory / "config").write_text(CONFIG.format(port=port, directory=directory))
    Path("/run/sshd").mkdir(exist_ok=True)  # sshd started by root wants it and only its unit file makes it
    process = subprocess.Popen([binary, "-D", "-E", directory / "log", "-f", directory / "config"])

    def lacking() -> str:
        with socket.create_connection(("127.0.0.1", port)):
            return ""

    try:
        until(lacking, seconds=60, what=f"sshd, whose log is {directory / 'log'}", pause=0.05)
    except TimeoutError:
        process.kill()
        raise
    return Server(port, directory), process
