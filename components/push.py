"""Configuration pushed to running servers: a change of a daemon's files is an update, never a replaced server."""

from collections.abc import Sequence

import pulumi
import pulumi_command as command

from boot.live import APPLY, Bundle
from components.server import Server
from settings.stack import LOGIN

# A server that is ready answers; the attempts are for a network that has a moment.
DIAL_ATTEMPTS = 20


def push(server: Server, bundles: Sequence[Bundle]) -> list[command.remote.Command]:
    """Have a server take bundles, one after the other, once it is ready and whenever they change.

    The login is that of the operator's SSH agent; the host key is the one that the server wrote to its console. A
    server made anew gets them all in the same `up`. There is no delete: what is no longer pushed stays as it is.
    """
    pushed: list[command.remote.Command] = []
    for bundle in bundles:
        text = pulumi.Output.secret(bundle.text()) if bundle.secret else bundle.text()
        pushed.append(push_text(server, bundle.name, text, pushed[-1:]))
    return pushed


def push_text(
    server: Server, name: str, text: pulumi.Input[str], after: Sequence[pulumi.Resource]
) -> command.remote.Command:
    """Have a server take one bundle, whose text may not be known before other resources stand."""
    return command.remote.Command(
        f"{server.hostname}-{name}",
        connection=command.remote.ConnectionArgs(
            host=server.public_address.apply(str),
            user=LOGIN,
            host_key=server.ready.host_key.apply(str),
            dial_error_limit=DIAL_ATTEMPTS,
        ),
        create=f"sudo {APPLY}",
        stdin=text,
        add_previous_output_in_env=False,
        triggers=[server.instance.id],
        opts=server.child(depends_on=[server.ready.resource, *after], deleted_with=server.instance),
    )
