"""What is asked for a review, all at the same time: each region's quota, and the servers that are about to go."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from ipaddress import IPv4Address
from pathlib import Path

from fleet import ssh
from fleet.bounded import NoAnswer, ask
from fleet.fleet import described
from fleet.meetings import Meetings, may_log_in, meetings
from fleet.preview.changes import Effect
from fleet.quota import Room
from ops.review.quota import room
from ops.review.quotas import Quotas
from ops.review.site import ReviewedSite
from settings.meeting import EXPORTER_PORT

MeetingsByServer = dict[str, Meetings | NoAnswer]
_Answer = dict[str, Room] | Meetings


def gather(
    sites: Sequence[ReviewedSite], patience: float, *, identity: Path | None = None, quotas: Quotas | None = None
) -> tuple[Quotas, MeetingsByServer]:
    """Ask, with the credentials and keys that are there; nobody is asked without.

    Args:
        sites: whose regions and servers.
        patience: seconds for all of it together.
        identity: the private SSH key to log in with; None: what the agent has.
        quotas: what the regions have said already; None: they are asked.

    Returns:
        Quotas by site, and meetings by server; each may be the reason why it is not known.
    """
    leaving = dict(_leaving(sites))
    with tempfile.TemporaryDirectory(prefix="review-") as directory:
        questions: dict[str, Callable[[], _Answer]] = {}
        if quotas is None:
            questions |= {one.name: partial(room, one.settings.region) for one in sites}
        if leaving and may_log_in(identity):
            deployed = [one.deployed for one in sites]
            config = ssh.write(described(deployed), Path(directory), identity)
            questions |= {
                server: partial(meetings, config, server, exporter, patience) for server, exporter in leaving.items()
            }
        answers = ask(questions, patience)
    if quotas is None:
        quotas = {one.name: found for one in sites if not isinstance(found := answers[one.name], Meetings)}
    keyless = NoAnswer("there is no SSH key to ask it with")
    return quotas, {server: found for server in leaving if not isinstance(found := answers.get(server, keyless), dict)}


def _leaving(sites: Sequence[ReviewedSite]) -> Iterator[tuple[str, tuple[IPv4Address, int]]]:
    """The running meeting servers that are replaced or go, each with the address of its metrics."""
    for one in sites:
        running = one.deployed.servers
        for change in one.changes:
            if (
                change.role == "meeting"
                and change.effect in (Effect.REPLACED, Effect.DELETED)
                and change.name in running
            ):
                address = IPv4Address(running[change.name].backbone_address)
                yield change.name, (address, EXPORTER_PORT)
