"""The environment that stacks are of, as Pulumi.yaml describes it."""

from collections.abc import Sequence

from pydantic import ValidationError

from fleet.stacks import Stack, StackError
from settings.environment import Environment


def name_of(named: Sequence[Stack]) -> str:
    """The one that all of these are of.

    Raises:
        StackError: there are several.
    """
    found = sorted({str(stack.raw().get("environment")) for stack in named})
    if len(found) > 1:
        raise StackError(f"the stacks are of several environments: {', '.join(found)}; name those of one")
    return found[0]


def settings_of(stack: Stack) -> Environment:
    """A stack's environment.

    Raises:
        StackError: its settings are refused; with the first key and the reason.
    """
    try:
        return Environment.model_validate(stack.environment())
    except ValidationError as refused:
        first = refused.errors(include_url=False)[0]
        key = ".".join(map(str, first["loc"]))
        name = stack.raw()["environment"]
        raise StackError(f"{name}: {key}: {first['msg']}; `pulumi preview` says what to write") from refused


def settings_of_all(named: Sequence[Stack]) -> Environment:
    """The environment whose sites these are the stacks of.

    Raises:
        StackError: they are of several, one is missing, or the settings are refused.
    """
    name, environment = name_of(named), settings_of(named[0])
    if missing := sorted(set(environment.sites) - {str(stack.raw().get("site")) for stack in named}):
        raise StackError(f"environment {name} has more sites: name the stacks of {', '.join(missing)} as well")
    return environment
