"""The witness: a third Sentinel, a replica that is never promoted, and with a delegated zone a third nameserver."""

import pulumi

from boot.redis.redis import witness
from components.server import Server, Surroundings
from settings.addresses import Role
from settings.stack import Settings


class Witness(Server):
    """Breaks ties between the two service sites."""

    TYPE = "multiparty-meeting:witness:Witness"

    def __init__(
        self, name: str, settings: Settings, surroundings: Surroundings, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(
            name,
            settings,
            surroundings,
            role=Role.WITNESS,
            public=settings.env.witness_is_public,
            boot=witness(settings),
            opts=opts,
        )
