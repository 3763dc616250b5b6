"""What the nameservers of the lab say of its names."""

from functools import partial

from fleet import nameservers
from fleet.fleet import DeployedServer, Fleet
from settings.dns import EdgeCheck
from tests.lab.configured import ZONE
from tests.lab.waiting import eventually

# gdnsd's own detection, and three nameservers asked one after the other.
LOST_SECONDS = EdgeCheck().detection_seconds + 5
BACK_SECONDS = EdgeCheck().return_seconds + 8


def says(server: DeployedServer, label: str, client: str | None = None) -> str:
    """The addresses that a nameserver has for a name of the zone, sorted."""
    answer = nameservers.ask(str(server.public_address), f"{label}.{ZONE}", client=client)
    return " ".join(sorted(answer.addresses))


def all_say(fleet: Fleet, label: str, wanted: list[str], *, deadline: float, without: str = "") -> None:
    """Wait until every nameserver, but the one of a site that is lost, names these addresses."""
    for server in fleet.nameservers:
        if server.site != without:
            what = f"{server.name} names {label}"
            eventually(partial(says, server, label), " ".join(sorted(wanted)), deadline=deadline, what=what)


def addresses(fleet: Fleet) -> dict[str, str]:
    """The edges' public addresses by site."""
    return {server.site: str(server.public_address) for server in fleet.of("edge")}
