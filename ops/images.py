"""Look up image ids once, and write them to the stacks' files; or bake images of the project's own.

    python -m ops images gra sbg witness [--refresh | --bake | --stock]

An id that is there stays, unless --refresh: a newer image under the same name means new servers, and is decided aloud.
"""

import sys
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any

from fleet.arguments import HERE, Directory, Stacks
from fleet.bounded import NoAnswer, ask, reason
from fleet.cloud import ASK_SECONDS, Connection, told
from fleet.command_line import CommandError
from fleet.stacks import Stack, StackError, stacks
from ops.bake.bake import bake as baked


def resolve(stack: Stack, *, refresh: bool = False) -> dict[str, str]:
    """Write the ids that a stack's images lack.

    Returns:
        The ids written, by the path of their key.

    Raises:
        StackError: the region has no image, or several, of that name.
    """
    raw = stack.raw()
    entries: dict[str, dict[str, Any]] = {"image": raw["image"]}
    entries |= {f"images.{role}": image for role, image in raw.get("images", {}).items()}
    wanted = {path: image["name"] for path, image in entries.items() if refresh or not image.get("id")}
    if not wanted:
        return {}
    answers = ask({stack.name: partial(told, raw["region"], partial(active, names=set(wanted.values())))}, ASK_SECONDS)
    images = answers[stack.name]
    if isinstance(images, NoAnswer):
        raise StackError(f"stack {stack.name}: {reason(raw['region'], images)}")
    written = {}
    for path, name in wanted.items():
        found = images[name]
        if len(found) != 1:
            said = f"{len(found)} active images" if found else "no active image"
            raise StackError(f"stack {stack.name}: {path}.name = {name!r}: {raw['region']} has {said} of that name")
        if found[0] != entries[path].get("id"):
            stack.set_path(f"{path}.id", found[0])
            written[f"{path}.id"] = found[0]
    return written


def to_stock(stack: Stack) -> None:
    """Have a stack's servers boot the image again that its own one was baked from; its id is still to be looked up."""
    image = stack.raw()["image"]
    if "baked" in image:
        stack.set_path("image.name", image["baked"]["stock"])
        stack.remove_path("image.baked")


def active(connection: Connection, names: set[str]) -> dict[str, list[str]]:
    """The ids of a region's active images, by each of the names."""
    return {
        name: [str(image.id) for image in connection.image.images(name=name) if image.status == "active"]
        for name in names
    }


def main(
    stack: Stacks,
    *,
    refresh: Annotated[bool, "take a newer image of the same name"] = False,
    bake: Annotated[bool, "make an image with all that servers boot with, from the stock one, in each region"] = False,
    stock: Annotated[bool, "go back from baked images to the stock ones"] = False,
    directory: Directory = HERE,
) -> int:
    """The command; 1 with a line for each stack whose region has none, or does not say.

    Raises:
        CommandError: several of the three were asked for.
    """
    if refresh + bake + stock > 1:
        raise CommandError("one of --refresh, --bake and --stock")
    named = stacks(stack, directory)
    if bake:
        return 0 if baked(named, datetime.now(UTC)) else 1
    failed = False
    for one in named:
        try:
            if stock:
                to_stock(one)
            written = resolve(one, refresh=refresh or stock)
        except StackError as error:
            print(error, file=sys.stderr)
            failed = True
            continue
        text = ", ".join(f"{key} = {value}" for key, value in written.items())
        held = "baked" in one.raw()["image"] and refresh
        print(f"{one.name}: {text or 'nothing to change'}{'; a newer baked image: --bake' if held else ''}")
    return 1 if failed else 0
