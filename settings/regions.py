"""The names of regions: OVHcloud's by its own pattern, another OpenStack's as that cloud has them."""

from pydantic_core import PydanticCustomError

from settings.section import Refusal
from settings.types import Text

# OVHcloud's document "Public Cloud: regions" and its Terraform provider; Singapore is SGP there and SPG in the pattern.
_OVH = Text(
    r"(BHS|DE|GRA|MUM|SBG|SGP|SPG|SYD|UK|WAW)[0-9]{1,2}|RBX-[A-Z]|EU-WEST-PAR|EU-SOUTH-MIL|CA-EAST-TOR",
    "a compute region of OVHcloud, such as GRA11, SBG7, RBX-A or EU-WEST-PAR",
)
# What object storage calls its regions, and a compute region beside it.
_STORAGE = {
    "GRA": "GRA11",
    "SBG": "SBG7",
    "DE": "DE1",
    "RBX": "RBX-A",
    "UK": "UK1",
    "WAW": "WAW1",
    "BHS": "BHS5",
    "SGP": "SGP1",
    "SYD": "SYD1",
}


def region_rules(region: str, *, ovh: bool) -> list[Refusal]:
    """What is wrong with a region's name.

    Args:
        region: as `openstack region list` prints it.
        ovh: whether it is one of OVHcloud's; any other OpenStack names its own.
    """
    if not ovh:
        return []
    if compute := _STORAGE.get(region.upper()):
        allowed = f"is a region of object storage: write the compute region beside it, such as {compute}"
        return [Refusal(("region",), region, f"{allowed}; see `openstack region list`")]
    try:
        _OVH.checked(region)
    except PydanticCustomError as refused:
        return [Refusal(("region",), region, refused.message())]
    return []
