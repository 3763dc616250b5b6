"""What people notice when a server is replaced or goes: the meetings on it, or else the room that is left for them."""

from fleet.bounded import NoAnswer
from fleet.meetings import Meetings
from fleet.preview.changes import Change, Effect
from fleet.preview.document import Code, Line, joined
from ops.review.site import ReviewedSite
from settings.duration import whole_seconds

_ROOMS_NAMED = 20


def impact(site: ReviewedSite, change: Change, meetings: Meetings | NoAnswer | None, *, name_rooms: bool) -> Line:
    """What a server's replacement or departure costs; empty for what costs people nothing.

    Args:
        site: whose server it is.
        change: what happens to it.
        meetings: what runs on it now, or why that is not known; None for a server that holds no meeting.
        name_rooms: whether rooms are named; whoever knows a room's name may enter it.
    """
    if change.effect not in (Effect.REPLACED, Effect.DELETED):
        return ()
    back = _until_ready(site) if change.effect is Effect.REPLACED else "From then on"
    match change.role:
        case "meeting":
            return (*_on_it(meetings, name_rooms=name_rooms), " ", *_capacity(site, change, back))
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


def _capacity(site: ReviewedSite, change: Change, back: str) -> Line:
    """Room by the count of WebRTC ports, while one of the site's nodes is away."""
    env = site.settings.env
    now = len(site.deployed.announced_ip) or site.settings.here.meeting_nodes
    left = env.meeting.capacity(max(0, now - 1)) if change.effect is Effect.REPLACED else _in_the_end(site)
    others = ", ".join(
        f"{name}: {env.meeting.capacity(env.sites[name].meeting_nodes):,}"
        for name in env.service_sites
        if name != site.settings.site
    )
    before = env.meeting.capacity(now)
    return (
        f"{back}: room for {left:,} people in {site.settings.site} instead of {before:,} "
        f"({others}; planned for: {env.participants:,}).",
    )


def _in_the_end(site: ReviewedSite) -> int:
    return site.settings.env.meeting.capacity(site.settings.here.meeting_nodes)


def _until_ready(site: ReviewedSite) -> str:
    if not site.settings.waits:
        return "Until it has booted"
    deadline = whole_seconds(site.settings.ready_deadline)
    return f"Until it is ready, at most {f'{deadline // 60} min' if deadline >= 60 else f'{deadline} s'}"


def _many(count: int, one: str, several: str) -> str:
    return f"{count} {one if count == 1 else several}"
