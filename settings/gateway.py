"""OVHcloud's Gateway: its sizes, what each carries, and what the cloud calls them."""

from typing import Literal

GatewaySize = Literal["s", "m", "l", "xl", "2xl"]

# The size is the QoS policy of the router's external gateway: `openstack network qos policy list` in each region.
# A router that is given none is small.
QOS_POLICY: dict[GatewaySize, str] = {
    "s": "small_router",
    "m": "medium_router",
    "l": "large_router",
    "xl": "XL_router",
    "2xl": "2XL_router",
}
# Mbit/s, as OVHcloud's page of gateways and its price list had them on 2026-11-26; of 2xl by its price alone.
GATEWAY_MBIT: dict[GatewaySize, int] = {"s": 200, "m": 500, "l": 2000, "xl": 4000, "2xl": 10_000}
