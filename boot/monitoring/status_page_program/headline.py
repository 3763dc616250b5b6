"""The one sentence above everything, and the list of what is not as it should be."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from .model import Site, Status
from .strip import State


class Headline(Enum):
    """How the whole is."""

    GOOD = "good"
    DEGRADED = "degraded"
    OUTAGE = "outage"
    PARTLY_UNKNOWN = "partly_unknown"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Trouble:
    """One thing that is not as it should be: the key of its sentence, and whose."""

    key: str
    site: str = ""
    number: int = 0


def headline(status: Status) -> Headline:
    """People can meet while one site serves."""
    serving = {site.part.state for site in status.sites}
    if State.UP not in serving:
        return Headline.UNKNOWN if State.UNKNOWN in serving or not serving else Headline.OUTAGE
    if any(troubles(status)):
        return Headline.DEGRADED
    known = [*serving, status.quorum, *(redis.part.state for redis in status.redis)]
    return Headline.PARTLY_UNKNOWN if State.UNKNOWN in known else Headline.GOOD


def troubles(status: Status) -> Iterator[Trouble]:
    """What is known to be wrong, from what people notice to what they do not."""
    for site in status.sites:
        yield from _of_site(site)
    if status.one_master and len(status.masters) > 1:
        yield Trouble("several_masters")
    elif status.one_master and {redis.master for redis in status.redis} == {State.DOWN}:
        yield Trouble("no_master")
    if status.quorum is State.DOWN:
        yield Trouble("no_quorum")
    yield from (Trouble("redis_down", redis.site) for redis in status.redis if redis.part.state is State.DOWN)


def _of_site(site: Site) -> Iterator[Trouble]:
    if site.part.state is State.DOWN:
        yield Trouble("site_down", site.name)
    yield from (
        Trouble("instance_down", site.name, number)
        for number, instance in site.instances.items()
        if instance.state is State.DOWN
    )
    if site.certificate_days is not None and site.certificate_days < 0:
        yield Trouble("certificate_expired", site.name)
    if site.dns is State.DOWN:
        yield Trouble("dns_down", site.name)
    if site.backbone is State.DOWN:
        yield Trouble("backbone_down", site.name)
