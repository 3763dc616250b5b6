"""The backbone: one layer 2 network over all sites, as the cloud has it."""

from typing import Annotated, Literal

from pydantic import Field

from settings.section import Section
from settings.types import PlannedCidr, Vlan

# Of a vRack's networks; made at other times they may have 9000, and what passes between them is lost.
VRACK_MTU = 1500


class VrackBackbone(Section):
    """One VLAN of OVH's vRack: the same number in every region is one layer 2 network."""

    type: Literal["vrack"] = Field(description="One VLAN of OVH's vRack.")
    vlan: Vlan = Field(description="Of your vRack, for this environment alone; without a leading zero.")
    cidr: PlannedCidr = Field(description="The backbone's network; the sites' blocks lie in it.")

    @property
    def wire(self) -> str:
        """The layer 2 network in words; two environments must not name the same."""
        return f"vRack VLAN {self.vlan}"

    @property
    def mtu(self) -> int | None:
        """Of every network of the project, bytes."""
        return VRACK_MTU

    @property
    def provider_attributes(self) -> dict[str, str]:
        """Neutron's provider attributes, as OVH's vRack takes them."""
        return {"provider:network_type": "vrack", "provider:segmentation_id": str(self.vlan)}


class ProviderBackbone(Section):
    """A provider network of another OpenStack, named by its physical network."""

    type: Literal["provider"] = Field(description="A provider network of another OpenStack.")
    network_type: Literal["flat", "vlan"] = Field(description="Neutron's type of it.")
    physical_network: str = Field(description="Neutron's name of the physical network.")
    vlan: Vlan | None = Field(default=None, description="Of network type vlan; without a leading zero.")
    cidr: PlannedCidr = Field(description="The backbone's network; the sites' blocks lie in it.")

    @property
    def wire(self) -> str:
        """The layer 2 network in words; two environments must not name the same."""
        return f"physical network {self.physical_network}" + (f" VLAN {self.vlan}" if self.vlan else "")

    @property
    def mtu(self) -> int | None:
        """The cloud's own choice."""
        return None

    @property
    def provider_attributes(self) -> dict[str, str]:
        """Neutron's provider attributes."""
        segment = {"provider:segmentation_id": str(self.vlan)} if self.vlan else {}
        return {
            "provider:network_type": self.network_type,
            "provider:physical_network": self.physical_network,
            **segment,
        }


Backbone = Annotated[VrackBackbone | ProviderBackbone, Field(discriminator="type")]
