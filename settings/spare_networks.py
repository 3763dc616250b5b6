"""The layer 2 networks that test environments take for themselves: no API shows whose VLAN of a vRack is whose."""

from ipaddress import IPv4Network
from typing import Self

from pydantic import Field, model_validator

from settings.section import ADVANCED, Refusal, Section, refuse
from settings.types import PlannedCidr, VlanRange

# Of each VLAN its own parts of the CIDR: the backbone's, and its sites' local networks'.
PREFIX = 22


class SpareNetworks(Section):
    """VLANs and addresses that nobody else has, in the vRack and beyond this project."""

    vlans: VlanRange = Field(
        default="3000-3999",
        description="VLANs of the vRack that nobody else uses, dedicated servers included: first and last.",
        json_schema_extra=ADVANCED,
    )
    cidr: PlannedCidr = Field(
        default=IPv4Network("10.128.0.0/9"),
        description=f"Addresses of theirs: each VLAN has two /{PREFIX} of it, for the backbone and for `local_cidr`.",
        json_schema_extra=ADVANCED,
    )

    @model_validator(mode="after")
    def _rules(self) -> Self:
        refusals = []
        first, last = self.first_vlan, int(self.vlans.partition("-")[2])
        if not 1 <= first <= last <= 4000:
            refusals.append(Refusal(("vlans",), self.vlans, "must be two VLANs of 1 to 4000, the lower one first"))
        if self.cidr.prefixlen >= PREFIX:
            refusals.append(Refusal(("cidr",), str(self.cidr), f"is too small: /{PREFIX - 1} or larger"))
        refuse("test environments", refusals)
        return self

    @property
    def first_vlan(self) -> int:
        """The first VLAN."""
        return int(self.vlans.partition("-")[0])

    @property
    def count(self) -> int:
        """How many there are: of VLANs, and of addresses for them."""
        vlans = int(self.vlans.partition("-")[2]) - self.first_vlan + 1
        return min(vlans, 1 << (PREFIX - 1 - self.cidr.prefixlen))
