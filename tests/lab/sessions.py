"""Sessions as a browser has them: a cookie, and what the meeting server knows by it."""

import json
import re

from fleet import https
from fleet.fleet import Fleet
from lab.deployment import Deployment
from lab.workspace import DOMAIN
from tests.lab.conftest import edge


def session(deployment: Deployment, fleet: Fleet, site: str, cookie: str = "") -> tuple[str, str]:
    """The session behind a cookie, as the edge of a site has it answered, and the cookie."""
    address = str(edge(fleet, site).public_address)
    answer = https.ask(address, DOMAIN, "/session", authority=deployment.authority, cookie=cookie)
    given = re.match(r"[^;]+", answer.headers.get("set-cookie", cookie))
    return str(json.loads(answer.body)["sid"]), given[0] if given else cookie
