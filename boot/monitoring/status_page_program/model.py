"""What the page says, made of what Prometheus answered; words are `text`'s, looks are `page`'s."""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from .query import Answers, last_step
from .strip import Outage, State, Strip, state, strip


@dataclass(frozen=True)
class Config:
    """What the witness is told; sites by name, in the order of the page.

    Attributes:
        title: of the page.
        language: en or fr.
        sites: those that serve people.
        redis: those with a Redis server, the witness' included.
        one_master: whether one of the Redis servers is the master of all; in a cluster each is one.
        prometheus: the address of its HTTP API.
        file: where the page goes.
    """

    title: str
    language: str
    sites: list[str]
    redis: list[str]
    one_master: bool
    prometheus: str
    file: str


@dataclass(frozen=True)
class Part:
    """Something that is up or not: now, and over the day; `share` is 1 when it was up whenever it was looked at."""

    state: State
    strip: Strip
    share: float | None


@dataclass(frozen=True)
class Site:
    """A site that serves people; figures that nobody has measured are None.

    Attributes:
        capacity: the share of the people that it holds who are there.
        loss: the share of the packets that people send to its worst instance and that do not get there.
        score: of its worst instance's streams, 0 to 10.
    """

    name: str
    part: Part
    instances: dict[int, Part]  # by number
    rooms: int | None
    people: int | None
    dns: State
    backbone: State
    certificate_days: int | None
    capacity: float | None
    loss: float | None
    score: float | None


@dataclass(frozen=True)
class Redis:
    """The Redis server of a site."""

    site: str
    part: Part
    master: State


@dataclass(frozen=True)
class NewMaster:
    """Redis' master was `old` at `after` and `new` at `by`: seconds since 1970."""

    old: str
    new: str
    after: int
    by: int


@dataclass(frozen=True)
class SiteOutage:
    """A site that served nobody for a while, and who served all that time."""

    site: str
    outage: Outage
    others: tuple[str, ...]


@dataclass(frozen=True)
class Status:
    """Everything that the page says; `made` is seconds since 1970, `known` whether Prometheus answered."""

    made: int
    known: bool
    sites: tuple[Site, ...]
    redis: tuple[Redis, ...]
    one_master: bool
    quorum: State
    new_master: NewMaster | None
    master_known: bool  # at some time of the day
    site_outage: SiteOutage | None

    @property
    def masters(self) -> list[str]:
        """The sites whose Redis says that it is the master."""
        return [redis.site for redis in self.redis if redis.master is State.UP]


def status(config: Config, answers: Answers, now: int) -> Status:
    """What the page of `now`, in seconds since 1970, says; no answers are nothing known."""
    view = _View(answers, last_step(now))
    sites = tuple(_site(view, name) for name in config.sites)
    masters = {site: view.points("masters", site=site) for site in config.redis}
    return Status(
        made=now,
        known=bool(answers),
        sites=sites,
        redis=tuple(
            Redis(site, view.part("redis", "redis:up:bool", site=site), state(view.now("redis:master:bool", site=site)))
            for site in config.redis
        ),
        one_master=config.one_master,
        quorum=state(view.now("redis:quorum:bool")),
        new_master=_new_master(masters) if config.one_master else None,
        master_known=any(masters.values()),
        site_outage=_last_outage(sites),
    )


@dataclass(frozen=True)
class _View:
    """The answers, asked for by metric or question, and labels."""

    answers: Answers
    end: int

    def points(self, name: str, **labels: str) -> Mapping[int, float]:
        found = [s.points for s in self.answers.get(name, ()) if labels.items() <= s.labels.items()]
        return found[0] if found else {}

    def now(self, metric: str, **labels: str) -> float | None:
        return next(iter(self.points("now", __name__=metric, **labels).values()), None)

    def part(self, name: str, metric: str, **labels: str) -> Part:
        share = next(iter(self.points(f"{name}_share", **labels).values()), None)
        return Part(state(self.now(metric, **labels)), strip(self.end, self.points(name, **labels)), share)

    def servers(self, site: str) -> list[str]:
        """The site's meeting servers, now or at some time of the day."""
        asked = [*self.answers.get("now", ()), *self.answers.get("instances", ())]
        found = {s.labels["server"] for s in asked if "server" in s.labels and s.labels.get("site") == site}
        return sorted(found, key=lambda name: (_number(name) or 0, name))


def _site(view: _View, name: str) -> Site:
    servers = view.servers(name)
    numbers = [_number(server) for server in servers]
    named = None not in numbers and len(set(numbers)) == len(numbers)

    def count(metric: str) -> int | None:
        value = view.now(metric, site=name)
        return None if value is None else math.floor(value)

    return Site(
        name=name,
        part=view.part("sites", "site:serving:bool", site=name),
        instances={
            (_number(server) or 0) if named else place: view.part(
                "instances", "instance:serving:bool", site=name, server=server
            )
            for place, server in enumerate(servers, 1)
        },
        rooms=count("meeting:rooms"),
        people=count("meeting:peers"),
        dns=state(view.now("dns:answers:bool", site=name)),
        backbone=state(view.now("backbone:reachable:bool", site=name)),
        certificate_days=count("certificate:days_left"),
        capacity=_share(view.now("meeting:peers", site=name), view.now("site:capacity:people", site=name)),
        loss=view.now("site:loss:ratio", site=name),
        score=view.now("site:score", site=name),
    )


def _share(used: float | None, whole: float | None) -> float | None:
    return None if used is None or not whole else used / whole


def _number(server: str) -> int | None:
    """The number at the end of a server's name; an address, which the page does not tell, has none."""
    found = re.fullmatch(r"[a-z][a-z0-9-]*-(\d+)", server)
    return int(found[1]) if found else None


def _new_master(masters: Mapping[str, Mapping[int, float]]) -> NewMaster | None:
    """The last time that one master followed another; when none or two say that they are, nothing is said."""
    told = list(_single(masters))
    changes = [NewMaster(old, new, after, by) for (after, old), (by, new) in pairwise(told) if old != new]
    return changes[-1] if changes else None


def _single(masters: Mapping[str, Mapping[int, float]]) -> Iterator[tuple[int, str]]:
    """When there was one master, and who, the oldest first."""
    for time in sorted({time for points in masters.values() for time in points}):
        said = [site for site, points in masters.items() if points.get(time) == 1]
        if len(said) == 1:
            yield time, said[0]


def _last_outage(sites: tuple[Site, ...]) -> SiteOutage | None:
    found = [(outage, site) for site in sites for outage in site.part.strip.outages]
    if not found:
        return None
    outage, site = max(found, key=lambda one: (one[0].end is None, one[0].end or one[0].start, one[0].start))
    others = tuple(other.name for other in sites if other is not site and other.part.strip.up_all_through(outage))
    return SiteOutage(site.name, outage, others)
