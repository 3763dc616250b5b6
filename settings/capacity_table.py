"""The table of capacity, `capacity.yaml`: what was published or measured, with its date and where it comes from."""

from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

import yaml

from settings.gateway import GatewaySize
from settings.section import Table
from settings.types import FlavorName

FILE = Path(__file__).parent / "capacity.yaml"


class RoomKind(Table):
    """A kind of room: people that a vCore holds, and what each of them takes, Mbit/s."""

    per_core: int
    mbit: Decimal | None = None
    source: str


class Bandwidth(Table):
    """What passes, Mbit/s."""

    gateways: dict[GatewaySize, int]
    flavors: dict[FlavorName, int]


class CapacityTable(Table):
    """The whole table.

    Attributes:
        read: when its figures were read.
        planned: the kind of room that settings are held against.
        rooms: the kinds.
        participant_mbit: what a person takes unless the settings say so, Mbit/s.
        ports: how many of the SFU's ports a person takes.
        bandwidth: what gateways and flavors let through.
    """

    read: date
    planned: str
    rooms: dict[str, RoomKind]
    participant_mbit: int
    ports: int
    bandwidth: Bandwidth

    @property
    def plan(self) -> RoomKind:
        """The kind of room that settings are held against."""
        return self.rooms[self.planned]


@cache
def capacity_table(file: Path = FILE) -> CapacityTable:
    """The table, as it is written."""
    return CapacityTable.model_validate(yaml.safe_load(file.read_text()))
