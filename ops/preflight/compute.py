"""What a region's Nova and Glance have to have: flavors, quota, the servers' image."""

import difflib
from collections import Counter
from collections.abc import Iterator, Sequence

from fleet.cloud import Connection
from fleet.quota import MEMBERS, MEMORY, SERVER_GROUPS, SERVERS, VCORES, of_compute
from ops.drafts import IMAGE_ID
from ops.images import active
from ops.preflight import quota
from ops.preflight.line import Line, good, lacks
from ops.preflight.ours import is_ours
from settings.image import Image
from settings.stack import Settings


def compute(region: str, stacks: Sequence[Settings], connection: Connection) -> list[Line]:
    """Ask Nova."""
    found = list(connection.compute.flavors())
    by_id = {flavor.id: (flavor.vcpus, flavor.ram) for flavor in found}
    by_name = {flavor.name: (flavor.vcpus, flavor.ram) for flavor in found}
    rooms = of_compute(connection)
    members = rooms.pop(MEMBERS)
    ours = [server for server in connection.compute.servers() if is_ours(server.metadata or {}, stacks)]
    sizes = [by_id.get((server.flavor or {}).get("id"), (0, 0)) for server in ours]
    have = {
        SERVERS: len(ours),
        VCORES: sum(cores for cores, _ in sizes),
        MEMORY: sum(memory for _, memory in sizes),
        # A group has no label; with servers of its site it is there.
        SERVER_GROUPS: len({server.metadata.get("site") for server in ours}),
    }
    needed: Counter[str] = sum((quota.of_compute(one, by_name) for one in stacks), Counter())
    lines = [*_flavors(region, stacks, by_name), *quota.lines(region, needed, have, rooms)]
    lines += _zones(region, stacks, connection)
    for one in stacks:
        lines += quota.members(region, one, members)
    return lines


def images(region: str, stacks: Sequence[Settings], connection: Connection) -> list[Line]:
    """Ask Glance."""
    wanted: dict[Image, tuple[str, str]] = {}
    for one in stacks:
        for role in one.roles:
            key = f"images.{role}" if role in one.images else "image"
            wanted.setdefault(one.image_of(role), (key, one.stack))
    return [line for image, (key, stack) in wanted.items() for line in _image(region, image, key, stack, connection)]


def _image(region: str, image: Image, key: str, stack: str, connection: Connection) -> Iterator[Line]:
    if image.id == IMAGE_ID:
        ids = active(connection, {image.name})[image.name]
        if len(ids) == 1:
            yield good(region, f"{key}: {image.name}")
        elif ids:
            yield lacks(
                region,
                f"{key}.name = {image.name!r}: {len(ids)} active images of that name",
                f"choose one with `openstack image list`, and write its id to {key}.id",
            )
        else:
            yield lacks(
                region,
                f"{key}.name = {image.name!r}: no active image of that name",
                "take one that `openstack image list` names",
            )
        return
    found = next((one for one in connection.image.images(id=image.id) if one.id == image.id), None)
    again = f"make images STACK={stack} {'BAKE' if image.baked else 'REFRESH'}=1"
    if found is None:
        yield lacks(region, f"{key}.id = {image.id}: is gone, the provider has made {image.name} anew", again)
    elif found.status != "active":
        yield lacks(region, f"{key}.id = {image.id}: the image is {found.status}, no server boots from it", again)
    else:
        yield good(region, f"{key}: {image.name}, {image.id}")


def _flavors(region: str, stacks: Sequence[Settings], known: dict[str, tuple[int, int]]) -> Iterator[Line]:
    wanted = {(role, one.flavors[role]) for one in stacks for role in one.roles}
    missing = sorted((role, name) for role, name in wanted if name not in known)
    for role, name in missing:
        near = ", ".join(difflib.get_close_matches(name, sorted(known), n=3, cutoff=0.5)) or "others"
        yield lacks(region, f"flavors.{role} = {name}: no such flavor", f"`openstack flavor list` has {near}")
    if not missing:
        yield good(region, f"flavors {', '.join(sorted({name for _, name in wanted}))}")


def _zones(region: str, stacks: Sequence[Settings], connection: Connection) -> Iterator[Line]:
    wanted = {zone for one in stacks for zone in one.availability_zones}
    known = {zone.name for zone in connection.compute.availability_zones()} if wanted else set()
    if missing := sorted(wanted - known):
        there = ", ".join(sorted(known)) or "none"
        yield lacks(region, f"availability_zones: no {', '.join(missing)}", f"the region has {there}")
    elif wanted:
        yield good(region, f"availability zones {', '.join(sorted(wanted))}")
