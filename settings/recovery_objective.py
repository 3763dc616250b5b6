"""How long a fault may keep people waiting."""

from typing import Annotated, Literal

from pydantic import Field

from settings.section import Section
from settings.types import Unit, Whole


class RecoveryObjective(Section):
    """How long people may have to wait after any single fault (also known as RTO).

    The default is what a routing that names both edges costs with the shipped values (48 s), and a reserve. Where names
    lead to the nearest edge alone (geographic: 237 s) it has to be raised. Where the settings promise nothing, no
    number can be missed: that is a warning of its own.
    """

    seconds: Annotated[Whole, Unit("seconds"), Field(ge=1, le=86_400)] | None = Field(
        default=90,
        description="The longest that people may have to wait after a fault; `null`: worst cases are shown only.",
    )
    on_miss: Literal["refuse", "warn"] = Field(
        default="refuse", description="What happens to settings that cannot keep it."
    )
