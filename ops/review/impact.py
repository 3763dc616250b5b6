"""What people notice when a server is replaced or goes: the meetings on it, or else the room that is left for them."""

from collections.abc import Iterable
from dataclasses import replace

from fleet.bounded import NoAnswer
from fleet.meetings import Meetings
from fleet.preview.changes import Change, Effect
from fleet.preview.document import Code, Line, joined
from ops.review.findings import Findings
from ops.review.site import ReviewedSite
from settings.capacity import SiteSize
from settings.duration import whole_seconds

_ROOMS_NAMED = 20


def impact(site: ReviewedSite, change: Change, found: Findings) -> Line:
    """What a server's replacement or departure costs; empty for what costs people nothing.

    Args:
        site: whose server it is.
        change: what happens to it.
        found: what runs on it now, and how many the other sites hold.
    """
    if change.effect not in (Effect.REPLACED, Effect.DELETED):
        return ()
    back = _until_ready(site) if change.effect is Effect.REPLACED else "From then on"
    match change.role:
        case "meeting":
            others = [one for one in found.sites if one is not site and one.settings.here.role != "witness"]
            on_it = _on_it(found.meetings.get(change.name), name_rooms=found.name_rooms)
            return (*on_it, " ", *_capacity(site, change, back, others))
        case "edge":
            return (f"{back}: the other edge answers alone; browsers that have both addresses go on there.",)
        case "redis":
            return (
                f"Meetings go on; if it is the master now, new sessions wait for a failover. {back}: one copy less.",
            )
        case "witness":
            return (f"Meetings go on. {back}: if a site is lost, nobody has a majority.",)
    return ()


def _on_it(meetings: Meetings | NoAnswer | None, *, name_rooms: bool) -> Line:
    if meetings is None:
        return ("Which meetings are on it is not known.",)
    if isinstance(meetings, NoAnswer):
        return (f"Which meetings are on it is not known: {meetings.why}.",)
    if not meetings.people:
        return ("Nobody is on it now.",)
    people, rooms = _many(meetings.people, "person is", "people are"), _many(meetings.rooms, "room", "rooms")
    largest = sorted(meetings.by_room.items(), key=lambda room: (-room[1], room[0]))[:_ROOMS_NAMED]
    each: list[Line] = [(Code(room), f" {count}") if name_rooms else (str(count),) for room, count in largest]
    more = ", ..." if len(meetings.by_room) > len(largest) else ""
    listed: Line = (" (", *joined(each), f"{more})") if each else ()
    cut = ": they are cut off, and meet again on another server once their browsers have reconnected."
    return (f"{people} on it now, in {rooms}", *listed, cut)


def _capacity(site: ReviewedSite, change: Change, back: str, others: Iterable[ReviewedSite]) -> Line:
    """How many people the site holds while one of its nodes is away, or from then on without it."""
    planned = SiteSize.of(site.settings)
    flavor = str(change.step.before.inputs["flavorName"]) if change.step.before else planned.flavor
    now = replace(planned, nodes=len(site.deployed.announced_ip) or planned.nodes, flavor=flavor)
    left = replace(now, nodes=now.nodes - 1) if change.effect is Effect.REPLACED else planned
    beside = [f"{other.settings.site}: {SiteSize.of(other.settings).least.people:,}" for other in others]
    known = "; ".join([now.least.what, *beside, f"planned for: {site.settings.env.participants:,}"])
    return (
        f"{back}: room for {left.least.people:,} people in {site.settings.site} instead of {now.least.people:,} "
        f"({known}).",
    )


def _until_ready(site: ReviewedSite) -> str:
    if not site.settings.waits:
        return "Until it has booted"
    deadline = whole_seconds(site.settings.ready_deadline)
    return f"Until it is ready, at most {f'{deadline // 60} min' if deadline >= 60 else f'{deadline} s'}"


def _many(count: int, one: str, several: str) -> str:
    return f"{count} {one if count == 1 else several}"
