"""The stand-in meeting server with its real SFU on GRA's node, with the deployment's own config.js."""

import subprocess
import tarfile
from pathlib import Path

from fleet.certificates import self_signed
from lab.meeting_archive import build
from settings.secrets import FLEET_NAME
from tests.configuration import SECRETS
from tests.relay.internet import Internet
from tests.unit.waiting import eventually

PAIR = self_signed(FLEET_NAME)
PORT = 3443  # of signalling, which an edge stands before
# Redis on the node itself, at the primary's address.
CHANGES = {
    "env.redis.access": "plain",
    "fleet_certificate": PAIR.certificate,
    "fleet_key": PAIR.key,
}
ONLY_443_AND_SIGNALLING = f"tcp dport {{ 443, {PORT} }} accept; drop"
_REDIS, _SERVER = "10.17.0.5", "/opt/multiparty-meeting"


def serve(internet: Internet, unpacked: Path) -> None:
    """Start Redis and the server, and wait until it is ready."""
    node = internet.nodes["gra"]
    with tarfile.open(build().path) as tar:
        tar.extractall(unpacked, filter="tar")
    node.run("cp", "--recursive", f"{unpacked}/server", _SERVER)
    node.run("ip", "address", "add", f"{_REDIS}/32", "dev", "lo")
    redis = [
        "redis-server",
        "--bind",
        _REDIS,
        "--save",
        "",
        "--dir",
        "/run",
        "--requirepass",
        SECRETS["redis_password"],
    ]
    subprocess.Popen(node.command(*redis), stdout=subprocess.DEVNULL)
    for number in ("40-meeting-config", "45-relay"):
        node.run(f"/usr/local/lib/multiparty/boot.d/{number}")
    server = ["sh", "-c", f"cd {_SERVER}/server && node server.js >/run/server.log 2>&1"]
    subprocess.Popen(node.command(*server))
    log = "cat /run/server.log"
    eventually(
        lambda: node.run("sh", "-c", log, check=False).stdout,
        lambda said: "ready standIn" in said,
        seconds=60,
        what="the server",
    )
