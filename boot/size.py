"""Nova's limit on boot documents, checked before anything is created."""

from collections.abc import Iterator
from ipaddress import IPv4Address

from boot.document import USER_DATA_LIMIT, BootDocument, render
from boot.edge.edge import edge
from boot.meeting.meeting import meeting_node
from boot.redis.redis import redis_node, witness
from settings.addresses import Role
from settings.load import SettingsError
from settings.stack import Settings

# As long as an address can be.
_LONGEST_ADDRESS = IPv4Address("255.255.255.255")


def documents(settings: Settings) -> Iterator[BootDocument]:
    """The boot documents of this stack's servers, with a stand-in for the public address that is not known yet."""
    for role in settings.roles:
        match role:
            case Role.EDGE:
                yield edge(settings)
            case Role.REDIS:
                yield redis_node(settings)
            case Role.WITNESS:
                yield witness(settings)
            case Role.MEETING:
                for ordinal in range(1, settings.here.meeting_nodes + 1):
                    yield meeting_node(settings, ordinal, _LONGEST_ADDRESS)


def check_sizes(settings: Settings) -> None:
    """Refuse a stack whose boot documents Nova would refuse.

    Raises:
        SettingsError: one line for each document that is too long, with the key that makes documents long.
    """
    sizes = {document.hostname: len(render(document).encode()) for document in documents(settings)}
    problems = [
        f"stack {settings.stack}: boot document of {name} = {size} bytes: must not be over {USER_DATA_LIMIT} bytes "
        "(Nova's limit on user data); shorten meeting.config or the certificates, "
        "or name operators.cidrs: what is pushed is not in it"
        for name, size in sizes.items()
        if size > USER_DATA_LIMIT
    ]
    if problems:
        raise SettingsError("\n".join(problems))
