"""Two people whose network lets nothing but 443 out meet on a real SFU, by the relay that the server tells them of.

The server is the stand-in with the deployment's own config.js; its SFU is the real one. Signalling goes to the server's
port, which an edge stands before.
"""

import json
import sys
from pathlib import Path

from settings.secrets import FLEET_NAME
from tests.configuration import ROOT
from tests.relay import meeting, sfu
from tests.relay.internet import Internet

CHANGES = sfu.CHANGES


def test_two_people_behind_443_hear_each_other(served: Internet, tmp_path: Path) -> None:
    """Firefox' way: nothing but the relay; a second of speech each."""
    served.lets_out(sfu.ONLY_443_AND_SIGNALLING, signalling=sfu.PORT)
    certificate = tmp_path / "fleet.pem"
    certificate.write_text(sfu.PAIR.certificate)
    node = served.nodes["gra"]
    given = {"host": FLEET_NAME, "address": str(node.public), "port": sfu.PORT, "certificate": str(certificate)}
    words = ("env", f"PYTHONPATH={ROOT}", f"SSL_CERT_FILE={served.authority}", sys.executable, meeting.__file__)
    done = served.home.run(*words, stdin=json.dumps(given))
    people = json.loads(done.stdout)
    print(people)
    assert [person["heard"] >= meeting.FRAMES for person in people] == [True, True], done.stderr + node.log()
    assert people[0]["told"] >= 2
