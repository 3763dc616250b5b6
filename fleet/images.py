"""How old the images are that the project has baked for its sites, and whether all servers run them."""

from collections.abc import Iterable
from datetime import datetime
from functools import partial

from fleet.bounded import NoAnswer, ask
from fleet.cloud import ASK_SECONDS, Connection, told
from fleet.finding import Finding
from fleet.fleet import Fleet
from fleet.stacks import Stack
from settings.image import REMIND_DAYS, Image


def image_findings(named: Iterable[Stack], deployed: Fleet, now: datetime) -> list[Finding]:
    """A finding for each stack with a baked image; a stock one has no age that we know.

    Args:
        named: the stacks.
        deployed: the fleet.
        now: the time.
    """
    baked: dict[Stack, Image] = {}
    for stack in named:
        image = Image.model_validate(stack.raw()["image"])
        if image.baked:
            baked[stack] = image
    regions = {str(stack.raw()["region"]) for stack in baked}
    answers = ask({region: partial(told, region, _booted) for region in sorted(regions)}, ASK_SECONDS)
    return [_finding(stack, image, answers[stack.raw()["region"]], deployed, now) for stack, image in baked.items()]


def _finding(stack: Stack, image: Image, booted: dict[str, str] | NoAnswer, deployed: Fleet, now: datetime) -> Finding:
    days = image.baked.days(now) if image.baked else 0
    said = [f"{image.name}, baked {days} days ago"]
    if days > REMIND_DAYS:
        said.append(f"make images STACK={stack.name} BAKE=1, then make roll SITE={stack.raw()['site']}")
    # Overrides by role have an image of their own.
    known = {image.id, *(one.get("id") for one in (stack.raw().get("images") or {}).values())}
    others: list[str] = []
    if not isinstance(booted, NoAnswer):
        ours = (server for server in deployed.servers if server.site == stack.raw()["site"])
        others = sorted(server.name for server in ours if booted.get(server.id, image.id) not in known)
    if others:
        said.append(f"{', '.join(others)} booted another one: make roll SITE={stack.raw()['site']}")
    return Finding(f"image {stack.name}", days <= REMIND_DAYS and not others, "; ".join(said))


def _booted(connection: Connection) -> dict[str, str]:
    """The image that each server was made of, by the server's id."""
    return {server.id: str(server.image.id) for server in connection.compute.servers(details=True) if server.image}
