"""Times, with the unit in the value: "500ms", "2.5s", "5m", "12h", "15d"."""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from settings.refused import refused

_UNITS = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1000, "ms": 1}  # milliseconds
_NAMES = {"ms": "milliseconds", "s": "seconds"}
_PATTERN = r"(0|[1-9][0-9]{0,8})(\.[0-9]{1,3})?(ms|s|m|h|d)"
_ALLOWED = "must be a duration with its unit, such as 500ms, 2.5s, 5m or 12h"


def milliseconds(duration: str) -> int:
    """A `Duration` in milliseconds."""
    return int(_milliseconds(duration))


def seconds(duration: str) -> float:
    """A `Duration` in seconds."""
    return milliseconds(duration) / 1000


def whole_seconds(duration: str) -> int:
    """A `Duration` that is `whole` (see `Between`) in seconds."""
    return milliseconds(duration) // 1000


def _milliseconds(duration: str) -> Decimal:
    number, fraction, unit = re.fullmatch(_PATTERN, duration).groups()  # type: ignore[union-attr] # its pattern
    return Decimal(number + (fraction or "")) * _UNITS[unit]


class _Format:
    """Accepts the text, and hands it on without a fraction: not every daemon knows one."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:  # noqa: ANN401
        return core_schema.no_info_plain_validator_function(self._checked)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"type": "string", "pattern": f"^{_PATTERN}$"}

    @staticmethod
    def _checked(value: object) -> str:
        if not isinstance(value, str) or not re.fullmatch(_PATTERN, value):
            raise refused("duration", _ALLOWED)
        if "." not in value:
            return value
        length = _milliseconds(value)
        if length != int(length):
            raise refused("duration", "must be whole milliseconds")
        unit = next(unit for unit, size in _UNITS.items() if length % size == 0)
        return f"{int(length) // _UNITS[unit]}{unit}"


# What a `Duration` is known by among the metadata of a field.
DURATION = _Format()
Duration = Annotated[str, DURATION]


@dataclass(frozen=True)
class Between:
    """The bounds of a `Duration`.

    Attributes:
        least: the shortest that is allowed.
        most: the longest.
        whole: whether only whole seconds are.
        was: the unit of the plain number that stood here before durations had units: ms or s.
        zero: what the daemon makes of 0, where it does not mean none.
    """

    least: str
    most: str
    whole: bool = False
    was: str = ""
    zero: str = ""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:  # noqa: ANN401
        return core_schema.no_info_wrap_validator_function(self._checked, handler(source))

    @property
    def allowed(self) -> str:
        """The bounds in words."""
        return f"{self.least} to {self.most}{', whole seconds' if self.whole else ''}"

    def _checked(self, value: object, inner: core_schema.ValidatorFunctionWrapHandler) -> str:
        if re.fullmatch(r"-?[0-9.]+", str(value)):
            raise refused("duration", self._without_unit(str(value)))
        duration: str = inner(value)
        length = milliseconds(duration)
        if not length and self.zero:
            raise refused("duration", f"must be above 0: {self.zero}")
        if not milliseconds(self.least) <= length <= milliseconds(self.most):
            raise refused("duration", f"must be from {self.least} to {self.most}")
        if self.whole and length % 1000:
            raise refused("duration", "must be whole seconds")
        return duration

    def _without_unit(self, number: str) -> str:
        if not self.was:
            return f"has no unit: write {number}s, or another of ms, s, m, h, d"
        example = f"{float(number) / 1000:g}s" if self.was == "ms" else f"{number}s"
        return f"has no unit: it was {_NAMES[self.was]}, write {example}"
