"""The price list, `prices.yaml`: OVHcloud's list prices, with their date and where they come from."""

from decimal import Decimal
from functools import cache
from pathlib import Path

import yaml

from settings.gateway import GatewaySize
from settings.section import Table
from settings.types import FlavorName, Url

FILE = Path(__file__).parent / "prices.yaml"
HOURS_A_MONTH = 730  # 365 days of 24 hours, in twelve parts


class Flavor(Table):
    """A flavor: what an hour of it costs, and what of the quota it takes."""

    hour: Decimal
    vcores: int
    gb: int


class Servers(Table):
    """Prices of servers."""

    read: str
    flavors: dict[FlavorName, Flavor]


class Network(Table):
    """Prices of what leads to servers."""

    read: str
    gateways: dict[GatewaySize, Decimal]
    floating_ip: Decimal


class Prices(Table):
    """The whole list: prices an hour, and the dates at which they were read."""

    source: Url
    currency: str
    servers: Servers
    network: Network


@cache
def prices(file: Path = FILE) -> Prices:
    """The price list; dates and figures are taken as they are written."""
    return Prices.model_validate(yaml.load(file.read_text(), yaml.BaseLoader))  # noqa: S506 - plain text only
