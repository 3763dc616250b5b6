"""How old the images are that servers boot, and whether all servers run those that the project has baked."""

from collections.abc import Iterable
from datetime import datetime
from functools import partial
from typing import NamedTuple

from fleet.bounded import NoAnswer, ask
from fleet.cloud import ASK_SECONDS, Connection, told
from fleet.finding import Finding
from fleet.fleet import DeployedServer, Fleet
from fleet.stacks import Stack
from settings.image import REMIND_DAYS, Image


class _Booted(NamedTuple):
    """The image that a server was made of, and when it was made."""

    image: str
    made: datetime


def image_findings(named: Iterable[Stack], deployed: Fleet, now: datetime) -> list[Finding]:
    """A finding for each stack; none of a stock image whose servers' ages the region does not tell.

    A stock image says no date of itself: it is as old as the oldest server of it, or older.

    Args:
        named: the stacks.
        deployed: the fleet.
        now: the time.
    """
    images = {stack: Image.model_validate(stack.raw()["image"]) for stack in named}
    regions = {str(stack.raw()["region"]) for stack in images}
    answers = ask({region: partial(told, region, _booted) for region in sorted(regions)}, ASK_SECONDS)
    found = []
    for stack, image in images.items():
        booted = answers[stack.raw()["region"]]
        known = {} if isinstance(booted, NoAnswer) else booted
        servers = [one for one in deployed.servers if one.site == stack.raw()["site"] and one.id in known]
        if image.baked:
            found.append(_baked(stack, image, image.baked.days(now), {one: known[one.id] for one in servers}))
        elif servers:
            days = (now - min(known[one.id].made for one in servers)).days
            said = f"{image.name}, at least {days} days old{_again(stack, 'REFRESH', days)}"
            found.append(Finding(f"image {stack.name}", days <= REMIND_DAYS, said))
    return found


def _baked(stack: Stack, image: Image, days: int, servers: dict[DeployedServer, _Booted]) -> Finding:
    # Overrides by role have an image of their own.
    known = {image.id, *(one.get("id") for one in (stack.raw().get("images") or {}).values())}
    said = [f"{image.name}, baked {days} days ago{_again(stack, 'BAKE', days)}"]
    others = sorted(server.name for server, booted in servers.items() if booted.image not in known)
    if others:
        said.append(f"{', '.join(others)} booted another one: make roll SITE={stack.raw()['site']}")
    return Finding(f"image {stack.name}", days <= REMIND_DAYS and not others, "; ".join(said))


def _again(stack: Stack, how: str, days: int) -> str:
    """What to do about an image that is old; nothing about another one."""
    if days <= REMIND_DAYS:
        return ""
    return f"; make images STACK={stack.name} {how}=1, then make roll SITE={stack.raw()['site']}"


def _booted(connection: Connection) -> dict[str, _Booted]:
    """What each server was made of, by the server's id; a server of a volume was made of none."""
    return {
        server.id: _Booted(str(server.image.id), datetime.fromisoformat(server.created_at))
        for server in connection.compute.servers(details=True)
        if server.image
    }
