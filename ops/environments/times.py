"""How long a test environment lives."""

import re
from datetime import UTC, datetime, timedelta

from fleet.stacks import StackError
from settings.types import TIME_FORMAT, parse_time

_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
# Shorter, and it is gone before it is up; longer, and somebody should write it down in Pulumi.yaml.
SHORTEST, LONGEST = timedelta(minutes=10), timedelta(days=14)


def expiry(ttl: str, now: datetime) -> str:
    """When an environment with this time to live expires, as its labels say it.

    Raises:
        StackError: it is no time to live.
    """
    given = re.fullmatch(r"([0-9]{1,4})([mhd])", ttl)
    lives = timedelta(**{_UNITS[given[2]]: int(given[1])}) if given else timedelta()
    if not SHORTEST <= lives <= LONGEST:
        raise StackError(f"TTL = {ttl!r}: must be 10m to 14d, such as 90m, 8h or 2d")
    return (now + lives).astimezone(UTC).strftime(TIME_FORMAT)


def is_over(expires: str, now: datetime) -> bool:
    """Whether a time of `expiry` has passed; what is no time has not."""
    try:
        return parse_time(expires) <= now
    except ValueError:
        return False
