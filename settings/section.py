"""The base of every section of the configuration, and the way a rule over several keys reports what it refuses."""

from collections.abc import Iterable
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError
from pydantic_core import InitErrorDetails

from settings.refused import refused

# Of a field that few operators ever set: the reference of the settings has these in a table of their own.
ADVANCED: dict[str, JsonValue] = {"advanced": True}


class Section(BaseModel):
    """A frozen section; a key that it does not know is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, validate_default=True)


class Table(BaseModel):
    """The base of a table of facts that comes with the program, and of its rows: no operator writes it."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Refusal(NamedTuple):
    """One value that a rule refuses: where it stands below the section, what it is, what is allowed."""

    key: tuple[str | int, ...]
    value: object
    allowed: str


def refuse(section: str, refusals: Iterable[Refusal]) -> None:
    """Raise all refusals of a section at once.

    Raises:
        pydantic.ValidationError: when there is at least one.
    """
    details = [InitErrorDetails(type=refused("rule", r.allowed), loc=r.key, input=r.value) for r in refusals]
    if details:
        raise ValidationError.from_exception_data(section, details)
