"""OVHcloud's Gateway: its sizes, and what the cloud calls them."""

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
