"""What to write where a setting is missing that has no default; most say it by their name."""

from collections.abc import Sequence
from typing import get_args

from settings.servers import ServerName

# By the end of the key's path.
MISSING = {
    "meeting.server": f"say which meeting server it is, one of {', '.join(get_args(ServerName))} (docs/upgrading.md)",
    "meeting.delivery.image": "name your build's image by its digest: registry/name@sha256:<64 digits>; "
    "`podman image inspect --format '{{.Digest}}' IMAGE` prints it",
}


def missing(path: Sequence[str]) -> str:
    """What the refusal says of a key that is not there."""
    hint = next((text for key, text in MISSING.items() if list(path[2:]) == key.split(".")), "")
    return f"is missing: {hint}" if hint else "is missing"
