"""`make images BAKE=1`: an image of the project's own in each region, written to the stacks' files."""

import signal
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from threading import Event
from typing import Any, NamedTuple

import yaml
from pydantic import SecretStr

from boot.common import FAILED_MARKER
from boot.document import render
from boot.image.image import BAKED_MARKER, builder, release
from fleet.bounded import AskingError
from fleet.cloud import connect, told
from fleet.command_line import CommandError
from fleet.stacks import Stack
from ops.bake.builder import Builder
from ops.bake.order import BakeError, Order
from ops.drafts import draft
from settings import PROJECT
from settings.delivery import Container
from settings.load import SettingsError
from settings.stack import Settings
from settings.types import TIME_FORMAT

# For one call: what is made here is not made a second time, so a slow answer is waited for.
CALL_SECONDS = 60.0


class Wanted(NamedTuple):
    """One image, and whose it is to be."""

    settings: Settings
    stock: str
    release: str
    stacks: list[Stack]


def bake(named: Sequence[Stack], now: datetime) -> bool:
    """Bake an image for each region of these stacks, at the same time, and write what it is to their files.

    Args:
        named: the stacks.
        now: the time, in UTC.

    Returns:
        Whether all regions have theirs; who has not is told on standard error.
    """
    wanted = _wanted(named)
    stop = Event()
    with ThreadPoolExecutor(len(wanted)) as pool, _interrupts():
        work = {pool.submit(_baked, one, now, stop): one for one in wanted}
        try:
            wait(work)
        except KeyboardInterrupt:
            stop.set()
            print("interrupted: the builders are removed, it takes a minute", file=sys.stderr)
            wait(work)
            raise
    written = [_written(one, made, now) for made, one in work.items()]
    return all(written)


def _wanted(named: Sequence[Stack]) -> list[Wanted]:
    """What to bake; stacks of one region with one stock image and the same needs share theirs."""
    found: dict[tuple[str, str, str], Wanted] = {}
    for stack in named:
        settings = _settings(stack)
        stock = settings.image.baked.stock if settings.image.baked else settings.image.name
        one = Wanted(settings, stock, release(settings), [])
        found.setdefault((settings.region, stock, one.release), one).stacks.append(stack)
    return list(found.values())


def _settings(stack: Stack) -> Settings:
    """A stack's settings, with the secrets that a builder needs: the registry's, where it wants one."""
    project: dict[str, Any] = yaml.safe_load((stack.file.parent / "Pulumi.yaml").read_text()) or {}
    own: dict[str, Any] = yaml.safe_load(stack.file.read_text()) or {}
    try:
        settings = draft(project, own, stack.name)
    except SettingsError as refused:
        raise CommandError(str(refused)) from refused
    delivery = settings.env.meeting.delivery
    if not (isinstance(delivery, Container) and delivery.registry_user):
        return settings
    password = stack.secrets().get("registry_password")
    if password is None:
        raise CommandError(f"stack {stack.name}: registry_password is missing: the builder pulls the image with it")
    secrets = settings.secrets.model_copy(update={"registry_password": SecretStr(password)})
    return settings.model_copy(update={"secrets": secrets})


def _baked(wanted: Wanted, now: datetime, stop: Event) -> str:
    """Bake one image; its id."""
    settings, region = wanted.settings, wanted.settings.region
    try:
        connection = told(region, lambda c: c, partial(connect, seconds=CALL_SECONDS))
        images = told(region, lambda c: list(c.image.images(name=wanted.stock)), lambda _: connection)
    except AskingError as error:
        raise BakeError(str(error)) from error
    active = [str(image.id) for image in images if image.status == "active"]
    if len(active) != 1:
        raise BakeError(f"{region} has {len(active) or 'no'} active images named {wanted.stock!r} to bake from")
    order = Order(
        region=region,
        stack=wanted.stacks[0].name,
        name=_name(now),
        stock=active[0],
        flavors=frozenset(settings.flavors[role] for role in settings.roles),
        network=settings.external_network,
        user_data=render(builder(settings, f"builder-{wanted.stacks[0].name}")),
        baked=BAKED_MARKER,
        failed=FAILED_MARKER,
    )
    return Builder(connection, order, stop).image()


def _name(now: datetime) -> str:
    """No two images have one; Glance takes a colon in what it is asked for as an operator's."""
    return f"{PROJECT}-{now:%Y-%m-%d-%H%M}"


def _written(wanted: Wanted, made: Future[str], now: datetime) -> bool:
    """Write an image to the files of its stacks; false when there is none."""
    try:
        image = made.result()
    except CommandError as error:
        print(f"stack {', '.join(one.name for one in wanted.stacks)}: {error}", file=sys.stderr)
        return False
    facts = {
        "name": _name(now),
        "id": image,
        "baked.date": now.strftime(TIME_FORMAT),
        "baked.release": wanted.release,
        "baked.stock": wanted.stock,
    }
    for stack in wanted.stacks:
        stack.set_paths({f"image.{key}": value for key, value in facts.items()})
        own = ", ".join(f"images.{role}" for role in stack.raw().get("images") or {})
        print(f"{stack.name}: image.id = {image}, {_name(now)}" + (f"; {own} stays as it is" if own else ""))
    return True


@contextmanager
def _interrupts() -> Iterator[None]:
    """Have SIGTERM be what Ctrl-C is: who ends this command ends builders with it."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
