"""Two people whose network lets nothing but 443 out meet on a real SFU, by the relay that the server tells them of.

The server is the stand-in with the deployment's own config.js; its SFU is the real one. Signalling goes to the server's
port, which an edge stands before.
"""

import json
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from fleet.certificates import self_signed
from lab.meeting_archive import build
from settings.secrets import FLEET_NAME
from tests.configuration import ROOT, SECRETS
from tests.relay import meeting
from tests.relay.internet import Internet
from tests.unit.waiting import eventually

_PAIR = self_signed(FLEET_NAME)
# Redis on the node itself, at the primary's address.
CHANGES = {
    "env.redis.access": "plain",
    "fleet_certificate": _PAIR.certificate,
    "fleet_key": _PAIR.key,
}
_REDIS, _SERVER = "10.17.0.5", "/opt/multiparty-meeting"


@pytest.fixture(scope="module")
def served(internet: Internet, tmp_path_factory: pytest.TempPathFactory) -> Internet:
    """The meeting server on GRA's node."""
    node = internet.nodes["gra"]
    unpacked = tmp_path_factory.mktemp("server")
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
        lambda said: "ready" in said,
        seconds=60,
        what="the server",
    )
    return internet


def test_two_people_behind_443_hear_each_other(served: Internet, tmp_path: Path) -> None:
    """Firefox' way: nothing but the relay; a second of speech each."""
    served.lets_out("tcp dport { 443, 3443 } accept; drop", signalling=3443)
    certificate = tmp_path / "fleet.pem"
    certificate.write_text(_PAIR.certificate)
    node = served.nodes["gra"]
    given = {"host": FLEET_NAME, "address": str(node.public), "port": 3443, "certificate": str(certificate)}
    words = ("env", f"PYTHONPATH={ROOT}", f"SSL_CERT_FILE={served.authority}", sys.executable, meeting.__file__)
    done = served.home.run(*words, stdin=json.dumps(given))
    people = json.loads(done.stdout)
    print(people)
    assert [person["heard"] >= meeting.FRAMES for person in people] == [True, True], done.stderr + node.log()
    assert people[0]["told"] >= 2
