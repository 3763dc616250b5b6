"""What OVHcloud's flavors can do, as far as people notice it: processors, and what passes their public network card."""

from typing import NamedTuple

from settings.types import FlavorName


class Flavor(NamedTuple):
    """A flavor; `mbit` is what is guaranteed in public, Mbit/s."""

    vcores: int
    mbit: int


# OVHcloud's page of Public Cloud prices, as it was on 2026-11-26; what is not here is not counted.
FLAVORS: dict[FlavorName, Flavor] = {
    "d2-2": Flavor(1, 100),
    "d2-4": Flavor(2, 250),
    "d2-8": Flavor(4, 500),
    "b3-8": Flavor(2, 500),
    "b3-16": Flavor(4, 1000),
    "b3-32": Flavor(8, 2000),
    "b3-64": Flavor(16, 4000),
    "c3-4": Flavor(2, 250),
    "c3-8": Flavor(4, 500),
    "c3-16": Flavor(8, 1000),
    "c3-32": Flavor(16, 2000),
    "b2-7": Flavor(2, 250),
}
# Upstream's page of edumeet 3.5: 500 consumers a thread, which are fifty people in rooms of six.
PEOPLE_PER_VCORE = 50
