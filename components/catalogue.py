"""What the region has to make servers of: asked before one is made, and before one is deleted to be made anew."""

import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from components.base import Component
from components.deployed import deployed_by_now
from components.lookup import reason
from settings.addresses import Role
from settings.image import Image

_IMAGES = "openstack:images/getImageIds:getImageIds"
_FLAVOR = "openstack:compute/getFlavor:getFlavor"
_ZONES = "openstack:compute/getAvailabilityZones:getAvailabilityZones"
_INSTANCE = "openstack:compute/instance:Instance"


@dataclass(frozen=True)
class MadeOf:
    """What a server is made of, beside image, flavor and zone.

    Attributes:
        user_data: its boot document.
        ports: the ids of its ports.
    """

    user_data: pulumi.Output[str]
    ports: Sequence[pulumi.Output[str]]


class Catalogue:
    """Images, flavors and zones of a site's region; each is asked for once."""

    def __init__(self, component: Component) -> None:
        """Ask nothing yet.

        Args:
            component: whose provider asks.
        """
        self._component = component
        self._settings = component.settings
        self._asked: dict[str, pulumi.Output[str]] = {}

    def image_id(self, role: Role, hostname: str, zone: str | None, made_of: MadeOf) -> pulumi.Output[str]:
        """The id of a server's image, when the region has all that the server is made of.

        A server that stays as it is needs nothing of it: what is pushed to it has not to wait for a new image.

        Raises:
            pulumi.RunError: something is gone, and the server would be made, or made anew; in the output.
        """
        image = self._settings.image_of(role)
        questions = {f"{self._image_key(role)} = {image.id!r}": lambda: self._image(image)}
        flavor = self._settings.flavors[role]
        questions[f"flavors.{role} = {flavor!r}"] = lambda: self._flavor(flavor)
        if zone is not None:
            questions[f"availability_zones = {zone!r}"] = lambda: self._zone(zone)
        answers = [self._once(about, ask) for about, ask in questions.items()]

        def judged(found: Sequence[str]) -> pulumi.Input[str]:
            lacking = [f"{about}: {why}" for about, why in zip(questions, found, strict=True) if why]
            if not lacking:
                return str(image.id)
            known = pulumi.Output.all(made_of.user_data, *made_of.ports)
            return known.apply(lambda values: self._kept(role, hostname, lacking, values[0], set(values[1:])))

        return pulumi.Output.all(*answers).apply(judged)

    def _once(self, about: str, ask: Callable[[], Awaitable[str]]) -> pulumi.Output[str]:
        async def answer() -> str:
            try:
                return await ask()
            except Exception as error:  # the SDK has no narrower one
                return f"{self._settings.region} does not say: {reason(error)}"

        if about not in self._asked:
            self._asked[about] = pulumi.Output.from_input(answer())
        return self._asked[about]

    async def _image(self, image: Image) -> str:
        """Why a server cannot be made of an image; empty when it can. One that has lost its name will be gone too."""
        if image.id in await self._ids(name=image.name):
            return ""
        for hidden in (False, True):
            if image.id in await self._ids(hidden=hidden):
                pulumi.log.warn(
                    f"stack {self._settings.stack}: {self._settings.region} calls another image {image.name!r} by now: "
                    f"the id {image.id} will be gone some day, and no server can be made of it then. "
                    f"{self._renew(image)}"
                )
                return ""
        return f"{self._settings.region} has no image of this id any more"

    async def _ids(self, **asked: object) -> list[str]:
        return [str(id_) for id_ in (await self._ask(_IMAGES, asked))["ids"]]

    async def _flavor(self, name: str) -> str:
        await self._ask(_FLAVOR, {"name": name})
        return ""

    async def _zone(self, zone: str) -> str:
        names = (await self._ask(_ZONES, {}))["names"]
        return "" if zone in names else f"{self._settings.region} has {', '.join(sorted(names))}"

    async def _ask(self, function: str, asked: Mapping[str, object]) -> Mapping[str, Any]:
        opts = pulumi.InvokeOptions(parent=self._component)
        found: Mapping[str, Any] = await pulumi.runtime.invoke_async(function, dict(asked), opts)
        return found

    async def _kept(self, role: Role, hostname: str, lacking: Sequence[str], user_data: str, ports: set[str]) -> str:
        """The image's id for a server that stays as it is; it costs nothing but a warning."""
        settings = self._settings
        renew, image = self._renew(settings.image_of(role)), str(settings.image_of(role).id)
        said = "; ".join(f"stack {settings.stack}: {words}" for words in lacking)
        # The provider keeps a boot document by this sum.
        document = hashlib.sha1(user_data.encode(), usedforsecurity=False).hexdigest()
        wanted = (image, settings.flavors[role], document, ports)
        found = [
            (old["imageId"], old["flavorName"], old["userData"], {network["port"] for network in old["networks"]})
            for resource in (await deployed_by_now(settings)).values()
            if resource["type"] == _INSTANCE and (old := resource["outputs"])["name"] == hostname
        ]
        if wanted not in found:
            made = "made anew" if found else "made"
            raise pulumi.RunError(f"{said}; {hostname} would have to be {made}: nothing is deleted. {renew}")
        pulumi.log.warn(f"{said}; {hostname} stays as it is, and cannot be made anew. {renew}")
        return image

    def _renew(self, image: Image) -> str:
        """How there is an image to make the server of."""
        stack, how = self._settings.stack, "BAKE" if image.baked else "REFRESH"
        return f"`make images STACK={stack} {how}=1`, then `make roll SITE={self._settings.site}`"

    def _image_key(self, role: Role) -> str:
        return f"images.{role}.id" if role in self._settings.images else "image.id"
