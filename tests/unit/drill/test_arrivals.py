"""People who come to one room at the same moment: together, led together, or apart."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from drill.clients import newcomer
from drill.clients.edge import Edge

LED_SECONDS = 0.2


@dataclass
class Connection:
    """As much of a connection as somebody who stays looks at."""

    instance: str
    gone: "asyncio.Future[str]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())


@dataclass(frozen=True)
class Door:
    """Where somebody comes in: the instance, how late, and what happens then."""

    instance: str
    late: float = 0.0
    closed: bool = False
    refused: bool = False


@pytest.fixture(autouse=True)
def doors(monkeypatch: pytest.MonkeyPatch) -> None:
    """Edges that lead to an instance without a network."""

    async def arrive(door: Door, _: str, peer: str, stay: Callable[[Any], Awaitable[None]]) -> str:
        await asyncio.sleep(door.late)
        if door.refused:
            raise OSError(f"{peer} was not let in")
        connection = Connection(door.instance)
        if door.closed:
            asyncio.get_running_loop().call_later(LED_SECONDS / 2, connection.gone.set_result, "led elsewhere")
        await stay(connection)
        return door.instance

    monkeypatch.setattr(newcomer, "arrive", arrive)
    monkeypatch.setattr(newcomer, "REUNITED", LED_SECONDS)


def arrived(*doors: Door) -> set[str]:
    return newcomer.arrived("room", *cast("tuple[Edge, ...]", doors))


def test_who_comes_a_moment_later_is_together() -> None:
    assert arrived(Door("gra-1"), Door("gra-1", late=0.1)) == {"gra-1"}


def test_who_stays_on_another_instance_is_apart() -> None:
    assert arrived(Door("gra-1"), Door("gra-2", late=0.1)) == {"gra-1", "gra-2"}


def test_who_is_led_to_the_others_is_together() -> None:
    assert arrived(Door("gra-1"), Door("gra-2", closed=True)) == {"gra-1"}


def test_nobody_waits_for_who_is_not_let_in() -> None:
    with pytest.raises(OSError, match="room-1 was not let in"):
        arrived(Door("gra-1"), Door("gra-2", late=0.1, refused=True))
