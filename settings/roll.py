"""How a site is rolled: upgraded server by server while the other one serves."""

from pydantic import Field

from settings.section import Section


class Roll(Section):
    """What `make roll` keeps to."""

    # Seconds that meetings may take to end on a drained site; those that go on then move to the other one.
    drain_deadline: int = Field(default=7200, ge=0, le=86_400)
