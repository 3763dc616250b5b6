"""What is to be baked in one region."""

from dataclasses import dataclass

from fleet.command_line import CommandError


class BakeError(CommandError):
    """There is no image, and nothing is left of the builder but what the message names."""


@dataclass(frozen=True)
class Order:
    """What is to be baked.

    Attributes:
        region: where.
        stack: whose label it carries.
        name: the image's.
        stock: the id of the image that the builder boots.
        flavors: the names of those whose servers will boot it: the builder has the smallest disk of them.
        network: the name of the external network.
        user_data: the builder's boot document.
        baked: what the builder's console says at the end.
        failed: what it says when a step failed.
    """

    region: str
    stack: str
    name: str
    stock: str
    flavors: frozenset[str]
    network: str
    user_data: str
    baked: str
    failed: str

    @property
    def builder(self) -> str:
        """The builder's name."""
        return f"builder-{self.stack}"
