"""How long a fault may keep people waiting."""

from typing import Literal

from pydantic import Field

from settings.section import Section


class RecoveryObjective(Section):
    """How long people may have to wait after any single fault (also known as RTO).

    The default is what the slowest of the three routings costs with the shipped values (geographic: 70 s), and a
    reserve. Where the settings promise nothing, no number can be missed: that is a warning of its own.
    """

    seconds: int | None = Field(default=90, ge=1, le=86_400)  # None: worst cases are shown, and held against nothing
    on_miss: Literal["refuse", "warn"] = "refuse"
