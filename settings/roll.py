"""How a site is rolled: upgraded server by server while the other one serves."""

from typing import Annotated

from pydantic import Field

from settings.duration import Between, Duration
from settings.section import ADVANCED, Section


class Roll(Section):
    """What `make roll` keeps to."""

    drain_deadline: Annotated[Duration, Between("0s", "1d", was="s")] = Field(
        default="2h",
        description="How long meetings may take to end on a drained site; those that go on then move to the other one.",
        json_schema_extra=ADVANCED,
    )
