"""A login to a server behind the edges while one edge is lost: by the very configuration that `make ssh` writes.

Edges and witness are real SSH daemons on addresses of this machine; the lost edge takes a connection and says nothing.
"""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from fleet import ssh
from fleet.fleet import DeployedServer, Fleet
from tests.conftest import skip_or_fail
from tests.unit.waiting import eventually

SSHD = shutil.which("sshd", path="/usr/sbin:/usr/bin")
EDGES = {"gra": "127.30.0.4", "sbg": "127.30.1.4"}
WITNESS = "127.30.2.6"


@contextmanager
def daemon(directory: Path, address: str) -> Iterator[None]:
    """An SSH daemon."""
    config = directory / f"sshd-{address}"
    config.write_text(
        f"ListenAddress {address}:22\nHostKey {directory}/host\nAuthorizedKeysFile {directory}/key.pub\nUsePAM no\n"
        f"StrictModes no\nPermitRootLogin prohibit-password\nPidFile none\n"
    )
    running = subprocess.Popen([str(SSHD), "-D", "-e", "-f", str(config)], stderr=subprocess.DEVNULL)

    def listens() -> bool:
        socket.create_connection((address, 22), timeout=5).close()
        return True

    try:
        eventually(listens, bool, seconds=30, what=f"the SSH daemon of {address}")
        yield
    finally:
        running.terminate()
        running.wait(10)


@contextmanager
def silent(address: str) -> Iterator[None]:
    """An edge that is lost: its address takes a connection, and nothing comes of it."""
    with socket.create_server((address, 22)):
        yield


@pytest.fixture
def fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fleet:
    """Two edges, and a witness behind them."""
    if not SSHD or os.getuid():
        skip_or_fail("SSH daemons need root and openssh-server")
    Path("/run/sshd").mkdir(exist_ok=True)
    for name in ("host", "key"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / name)], check=True)
    monkeypatch.setattr(ssh, "LOGIN", "root")
    key = " ".join((tmp_path / "host.pub").read_text().split()[:2])
    edge = DeployedServer("gra-edge", "1", "gra", "GRA11", "edge", EDGES["gra"], "10.17.0.4", key)
    other = replace(edge, name="sbg-edge", site="sbg", public_address=EDGES["sbg"])
    witness = DeployedServer("witness", "2", "witness", "DE1", "witness", None, WITNESS, key)
    return Fleet((edge, other, witness), None)


@pytest.mark.parametrize("lost", ["gra", "sbg", None])
def test_the_witness_is_reached_through_the_edge_that_is_there(fleet: Fleet, tmp_path: Path, lost: str | None) -> None:
    """Within the half minute that a login may take."""
    config = ssh.write(fleet, tmp_path / "ssh", tmp_path / "key")
    with ExitStack() as entered:
        entered.enter_context(daemon(tmp_path, WITNESS))
        for site, address in EDGES.items():
            entered.enter_context(silent(address) if site == lost else daemon(tmp_path, address))
        begun = time.monotonic()
        done = ssh.run(config, "witness", "echo here", timeout=2 * ssh.LOGIN_SECONDS)
    assert (done.returncode, done.stdout) == (0, "here\n"), done.stderr
    assert time.monotonic() - begun < ssh.LOGIN_SECONDS
