"""That a site alone does not hold everybody, and what would: more nodes or a larger flavor, with its price."""

from dataclasses import replace
from decimal import Decimal

from settings.addresses import meeting_places
from settings.capacity import SiteSize
from settings.capacity_table import capacity_table
from settings.prices import HOURS_A_MONTH, prices
from settings.stack import Settings
from settings.types import GatewaySize


def capacity_warning(settings: Settings) -> str | None:
    """That a site alone does not hold everybody, and what would; None where it does, and of a witness."""
    if settings.here.role == "witness":
        return None
    size, wanted = SiteSize.of(settings), settings.env.participants
    short = [limit for limit in size.limits if limit.people < wanted]
    if not short:
        return None
    table = capacity_table()
    enough = _enough(size, wanted, meeting_places(settings.here.block))
    ways = "; or ".join(_told(size, then) for then in enough) or "nothing that the tables know"
    return (
        f"site {settings.site} alone holds about {short[0].people} of participants {wanted}: "
        f"{'; '.join(limit.what for limit in short)} (figures of {table.read}; `make load` measures yours). "
        f"What would do: {ways}"
    )


def _enough(size: SiteSize, wanted: int, places: int) -> list[SiteSize]:
    """The fewest nodes, and the cheapest larger flavor, that hold everybody; each with the gateway that they take."""
    carried = replace(size, gateway=_gateway(size, wanted))
    more = [replace(carried, nodes=count) for count in range(size.nodes, places + 1)]
    flavors = prices().servers.flavors
    # Of the same family: vCores of d2 are cheaper, and shared.
    family = [name for name in flavors if name.split("-")[0] == size.flavor.split("-")[0]]
    larger = [replace(carried, flavor=name) for name in sorted(family, key=lambda name: flavors[name].hour)]
    found = [next((then for then in sizes if then.least.people >= wanted), None) for sizes in (more, larger)]
    return list(dict.fromkeys(then for then in found if then))


def _gateway(size: SiteSize, wanted: int) -> GatewaySize | None:
    """The smallest that carries everybody, not smaller than what is there."""
    if size.gateway is None:
        return None
    caps = capacity_table().bandwidth.gateways
    enough = [name for name in caps if caps[name] >= max(wanted * size.mbit, caps[size.gateway])]
    return min(enough, key=caps.__getitem__, default=None)


def _told(now: SiteSize, then: SiteSize) -> str:
    """What to write, and what it costs more."""
    words = [f"meeting_nodes: {then.nodes}"] if then.nodes != now.nodes else []
    words += [f"flavors.meeting: {then.flavor}"] if then.flavor != now.flavor else []
    words += [f"gateway: {then.gateway}"] if then.gateway and then.gateway != now.gateway else []
    words += ["public_address: external-port"] if now.gateway and not then.gateway else []
    before, after = _month(now), _month(then)
    if before is None or after is None:
        return f"{', '.join(words)} (its price is not known)"
    list_ = prices()
    return f"{', '.join(words)} ({list_.currency} {after - before:+,.2f} a month, list prices of {list_.servers.read})"


def _month(size: SiteSize) -> Decimal | None:
    """Its nodes and their addresses, and its gateway; None where the list lacks one of them."""
    list_ = prices()
    flavor = list_.servers.flavors.get(size.flavor)
    if flavor is None or size.gateway is None:
        return None  # an address on the external network has no price there
    return (
        (flavor.hour + list_.network.floating_ip) * size.nodes + list_.network.gateways[size.gateway]
    ) * HOURS_A_MONTH
