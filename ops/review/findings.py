"""What is known of a change: the material of the document."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from fleet.bounded import NoAnswer
from fleet.meetings import Meetings
from fleet.quota import Room
from ops.review.policy import Violation
from ops.review.recovery import Recovery
from ops.review.site import ReviewedSite
from settings.prices import Prices


@dataclass(frozen=True)
class Findings:
    """Everything that was read and asked.

    Attributes:
        sites: those whose previews can be used.
        failed: why the others cannot, by site.
        violations: the rules that are broken.
        prices: the price list.
        recovery: the environment's recovery times; None where the program computes none.
        quotas: what each site's region has, by site.
        meetings: what runs on the servers that are replaced or go, by server.
        name_rooms: whether rooms are named: whoever knows a room's name may enter it.
    """

    sites: tuple[ReviewedSite, ...]
    failed: Mapping[str, str]
    violations: tuple[Violation, ...]
    prices: Prices
    recovery: Recovery | None = None
    quotas: Mapping[str, Mapping[str, Room] | NoAnswer] = field(default_factory=dict)
    meetings: Mapping[str, Meetings | NoAnswer] = field(default_factory=dict)
    name_rooms: bool = False
