"""Questions to the region's API whose answer the program cannot do without: a refusal names stack, key and value."""

from collections.abc import Mapping
from typing import Any

import pulumi

from components.base import Component


def reason(error: Exception) -> str:
    """Why a function has no answer, in the words of whom the engine asked."""
    return str(error).rsplit("returned an error: ", 1)[-1].strip()


def looked_up(
    component: Component, function: str, asked: Mapping[str, Any], *, key: str, value: str, needs: str
) -> pulumi.Output[Mapping[str, Any]]:
    """What a function of the provider answers.

    Args:
        component: whose provider asks.
        function: its token.
        asked: its arguments.
        key: the setting that the question comes of, and
        value: what it is.
        needs: what the region has to have, in words.

    Raises:
        pulumi.RunError: it has no such thing, or does not answer; in the output, so that nothing that needs it is made.
    """

    async def answer() -> Mapping[str, Any]:
        try:
            found = await pulumi.runtime.invoke_async(function, dict(asked), pulumi.InvokeOptions(parent=component))
        except Exception as error:  # the SDK has no narrower one
            settings = component.settings
            raise pulumi.RunError(
                f"stack {settings.stack}: {key} = {value!r}: {settings.region} must have {needs}: {reason(error)}"
            ) from error
        answered: Mapping[str, Any] = found
        return answered

    return pulumi.Output.from_input(answer())
