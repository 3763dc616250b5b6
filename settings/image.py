"""The images that servers boot: the provider's, or one that the project has baked."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from settings.section import ADVANCED, Section
from settings.types import Expiry, ResourceName, Text, Uuid, parse_time

# A month: Debian mends holes that a restart of a daemon does not close, as the kernel's, about that often.
REMIND_DAYS = 30

Release = Annotated[str, Text(r"sha256:[0-9a-f]{12}", "what `make images BAKE=1` wrote, such as sha256:0123456789ab")]


class Baked(Section):
    """What `make images BAKE=1` says of an image of its own."""

    date: Expiry = Field(
        description=f"When it was baked, in UTC: `make status` reminds of a newer one after {REMIND_DAYS} days.",
        json_schema_extra=ADVANCED,
    )
    release: Release = Field(
        description="The fingerprint of what was put into it: packages, Caddy's release, the meeting server's image.",
        json_schema_extra=ADVANCED,
    )
    stock: ResourceName = Field(
        description="The image that it was baked from, and that `make images STOCK=1` goes back to.",
        json_schema_extra=ADVANCED,
    )

    def days(self, now: datetime) -> int:
        """Its age in whole days."""
        return (now - parse_time(self.date)).days


class Image(Section):
    """A Glance image; its id is resolved once by `make images` and committed: a refreshed image wipes nobody."""

    name: ResourceName = Field(description="A Glance image's name.")
    id: Uuid | None = Field(default=None, description="Its id: `make images` looks it up and writes it here.")
    baked: Baked | None = None
