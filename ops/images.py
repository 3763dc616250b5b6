"""Look up image ids once, and write them to the stacks' files.

    python -m ops images gra sbg witness [--refresh]

An id that is there stays, unless --refresh: a newer image under the same name means new servers, and is decided aloud.
"""

from typing import Annotated, Any

from fleet.arguments import HERE, Directory, Stacks
from fleet.cloud import connect
from fleet.stacks import Stack, StackError, stacks


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
    connection = connect(raw["region"])
    written = {}
    for path, name in wanted.items():
        found = [image for image in connection.image.images(name=name) if image.status == "active"]
        if len(found) != 1:
            said = f"{len(found)} active images" if found else "no active image"
            raise StackError(f"stack {stack.name}: {path}.name = {name!r}: {raw['region']} has {said} of that name")
        if found[0].id != entries[path].get("id"):
            stack.set_path(f"{path}.id", found[0].id)
            written[f"{path}.id"] = str(found[0].id)
    return written


def main(
    stack: Stacks,
    *,
    refresh: Annotated[bool, "take a newer image of the same name"] = False,
    directory: Directory = HERE,
) -> int:
    """The command."""
    for one in stacks(stack, directory):
        text = ", ".join(f"{key} = {value}" for key, value in resolve(one, refresh=refresh).items())
        print(f"{one.name}: {text or 'nothing to change'}")
    return 0
