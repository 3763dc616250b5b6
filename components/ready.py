"""'Up' means 'ready': `pulumi up` waits for the marker that a new server writes to its console."""

from dataclasses import dataclass

import pulumi
import pulumi_command as command
import pulumi_openstack as openstack

from boot.common import FAILED_MARKER, HOST_KEY_MARKER, READY_MARKER
from components.base import Component
from settings.duration import whole_seconds

# The program's directory is the provider's: the virtual environment of Pulumi.yaml lies there.
_WAIT = "PATH=.venv/bin:$PATH python -m ops.ready"


@dataclass(frozen=True)
class Readiness:
    """What stands when a server is ready, and the SSH host key that it then says (None where nobody waits)."""

    resource: pulumi.Resource
    host_key: pulumi.Output[str | None]


def wait_until_ready(server: Component, instance: openstack.compute.Instance) -> Readiness:
    """Read the console log through the API until the marker is there; once for each instance ever made.

    No port has to be open to whoever runs `pulumi up`, and a failure shows the end of the boot log.
    """
    settings = server.settings
    if not settings.waits:
        return Readiness(instance, pulumi.Output.from_input(None))
    waiting = command.local.Command(
        f"{server._name}-ready",
        create=_WAIT,
        update='printf %s "$PULUMI_COMMAND_STDOUT"',  # a changed deadline is for servers to come; the key stays known
        environment={
            "SERVER_ID": instance.id,
            "SERVER_URN": instance.urn,
            "STACK": settings.stack,
            "SERVER_REGION": settings.region,
            "READY_MARKER": READY_MARKER,
            "FAILED_MARKER": FAILED_MARKER,
            "HOST_KEY_MARKER": HOST_KEY_MARKER,
            "READY_DEADLINE": str(whole_seconds(settings.ready_deadline)),
        },
        triggers=[instance.id],
        opts=server.child(deleted_with=instance),
    )
    return Readiness(waiting, waiting.stdout.apply(lambda key: key))
