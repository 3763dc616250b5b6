"""Whether a site can be destroyed: `pulumi destroy` meets this first."""

from collections.abc import Sequence

import pulumi

from components.base import Component
from settings.stack import Settings


class Protection(Component):
    """Nothing in the cloud; in production the engine refuses to delete it, and nothing else goes before it.

    A protected resource that others depend on would only be met when those are deleted. One that depends on all others
    is in nobody's way: it has no property that a replacement of theirs could change.
    """

    TYPE = "multiparty-meeting:protection:Protection"

    def __init__(self, name: str, settings: Settings, site: pulumi.Resource, over: Sequence[pulumi.Resource]) -> None:
        opts = pulumi.ResourceOptions(parent=site, depends_on=[*over], protect=settings.env.protected)
        super().__init__(name, settings, opts)
        self.register_outputs({"protected": settings.env.protected})
