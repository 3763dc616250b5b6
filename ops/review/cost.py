"""What a site costs a month, before and after a change."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from fleet.preview import preview
from fleet.preview.preview import ResourceState
from ops.review.site import ReviewedSite
from settings.prices import HOURS_A_MONTH, Prices

_PAID = (preview.INSTANCE, preview.ROUTER, preview.FLOATING_IP, preview.PORT)
_GATEWAY, _FLOATING_IP = "Gateway ", "Floating IP"


@dataclass(frozen=True)
class Item:
    """Some of one kind; `hour` is what one costs, None where the list has no price."""

    what: str
    count: int
    hour: Decimal | None

    @property
    def month(self) -> Decimal | None:
        """What all of them cost a month."""
        return None if self.hour is None else self.hour * self.count * HOURS_A_MONTH


@dataclass(frozen=True)
class Bill:
    """What is paid for."""

    items: tuple[Item, ...]

    @property
    def month(self) -> Decimal:
        """What everything costs a month that has a price."""
        return sum((item.month for item in self.items if item.month is not None), Decimal())

    @property
    def unknown(self) -> tuple[Item, ...]:
        """What has none."""
        return tuple(item for item in self.items if item.hour is None)

    def more_than(self, before: "Bill") -> Decimal | None:
        """What it costs more a month than another; None where something without a price makes the difference."""
        return self.month - before.month if self.unknown == before.unknown else None


def bills(site: ReviewedSite, prices: Prices) -> tuple[Bill, Bill]:
    """A site's bill before and after; of what changes alone where the preview shows nothing else."""
    before = (state for type_ in _PAID for state in site.preview.before(type_))
    after = (state for type_ in _PAID for state in site.preview.after(type_))
    size = site.deployed.gateway or "of unknown size"
    return _bill(before, str(size), prices), _bill(after, site.settings.gateway, prices)


def _bill(states: Iterable[ResourceState], gateway: str, prices: Prices) -> Bill:
    counts = Counter(what for state in states if (what := _what(state, gateway)))
    return Bill(tuple(Item(what, count, _hour(what, prices)) for what, count in sorted(counts.items())))


def _what(state: ResourceState, gateway: str) -> str:
    """What the price list calls a resource; empty for one that is not paid for."""
    match state.type:
        case preview.INSTANCE:
            return str(state.inputs.get("flavorName"))
        case preview.ROUTER:
            return f"{_GATEWAY}{gateway}"
        case preview.FLOATING_IP:
            return _FLOATING_IP
    return "address on the external network" if state.name.endswith("-external") else ""


def _hour(what: str, prices: Prices) -> Decimal | None:
    if what == _FLOATING_IP:
        return prices.network.floating_ip
    if what.startswith(_GATEWAY):
        return next((hour for size, hour in prices.network.gateways.items() if what == f"{_GATEWAY}{size}"), None)
    flavor = prices.servers.flavors.get(what)
    return flavor.hour if flavor else None
