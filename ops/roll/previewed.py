"""What `pulumi up` of a stack would do, looked at before a roll begins."""

from fleet.preview.preview import Preview, PreviewError, parse
from fleet.stacks import Stack
from ops import leftovers
from ops.roll.roll import StoppedError
from settings.agreement import apart
from settings.environment import Environment


def previewed(stack: Stack, environment: Environment, *options: str) -> Preview:
    """A stack's preview.

    Args:
        stack: whose.
        environment: as it is to be.
        options: what the CLI is told beside.

    Raises:
        StoppedError: an earlier `up` was cut off, there is no preview, or no roll can hide what it changes.
    """
    if leftovers.state(stack).busy:
        raise StoppedError(f"stack {stack.name}: {leftovers.ADVICE}")
    try:
        found = parse(stack.pulumi("preview", "--json", "--show-sames", *options), f"stack {stack.name}")
    except PreviewError as error:
        raise StoppedError(str(error)) from error
    if words := apart(found.deployed.agreement, environment):
        raise StoppedError(f"{words}. A roll cannot hide that: pulumi up, a stack after the other, without meetings")
    return found
