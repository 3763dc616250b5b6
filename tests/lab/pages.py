"""Pages that somebody asks for all the while, through the edge of a site."""

from drill.clients.asking import INTERVAL, Asking
from drill.lanes import Lane
from fleet import https
from fleet.fleet import Fleet
from lab.deployment import Deployment
from lab.workspace import DOMAIN
from tests.lab.conftest import edge


def asking(deployment: Deployment, fleet: Fleet, site: str) -> Asking:
    """Somebody who asks for a page that needs a session, twice a second."""
    address = str(edge(fleet, site).public_address)
    return Asking(lambda: https.ask(address, DOMAIN, "/session", authority=deployment.authority).status == 200)


def longest(asked: Asking, since: float, until: float) -> float:
    """The longest time without a page, whether they have come back or not, in seconds."""
    return Lane("page", "pages", "", INTERVAL, asked.answered).longest(since, until)
