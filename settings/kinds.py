"""What a value may be, in words and as JSON schema's types: read off an annotation."""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Le, MaxLen, MinLen
from pydantic.fields import FieldInfo

from settings.duration import DURATION, Between
from settings.section import Section
from settings.types import Text, Unit

_NAMES: dict[object, str] = {
    int: "number",
    bool: "switch",
    str: "text",
    IPv4Network: "IPv4 network",
    IPv4Address: "IPv4 address",
}


@dataclass(frozen=True)
class Kind:
    """What a value may be.

    Attributes:
        name: its type.
        unit: what a number counts; empty where the name says it all.
        allowed: which values of the type; empty where all are.
    """

    name: str
    unit: str = ""
    allowed: str = ""


def kind(annotation: Any, metadata: Sequence[object] = ()) -> Kind:  # noqa: ANN401 - a type, of any kind
    """What a field of this type may hold."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return kind(inner[0], (*_flat(inner[1:]), *metadata))
    if origin in (Union, UnionType):
        (one,) = [one for one in inner if one is not NoneType]
        return kind(one, metadata)
    if origin is tuple:
        below = kind(inner[0])
        least = "one or more" if any(isinstance(one, MinLen) for one in metadata) else ""
        return Kind(f"list of {below.name}", allowed="; ".join(filter(None, (least, below.allowed))))
    return _one(annotation, metadata)


def _one(annotation: Any, metadata: Sequence[object]) -> Kind:  # noqa: ANN401 - as above
    """The same of a type that holds one value, or keys of an operator's own."""
    if get_origin(annotation) is dict:
        return Kind("mapping")
    if get_origin(annotation) is Literal:
        return Kind("one of", allowed=", ".join(f"`{one}`" for one in get_args(annotation)))
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return Kind("section")
    if DURATION in metadata:
        return Kind("duration", allowed=next(one for one in metadata if isinstance(one, Between)).allowed)
    unit = next((one.name for one in metadata if isinstance(one, Unit)), "")
    return Kind(_NAMES[annotation], unit, _allowed(annotation, metadata))


def _flat(metadata: Sequence[object]) -> list[object]:
    return [one for found in metadata for one in (found.metadata if isinstance(found, FieldInfo) else [found])]


def _allowed(annotation: object, metadata: Sequence[object]) -> str:
    if annotation is bool:
        return "`true`, `false`"
    if annotation is IPv4Network:
        return "such as 10.17.0.0/22, without host bits"
    parts = [one.allowed for one in metadata if isinstance(one, Text)]
    least = next((one.ge for one in metadata if isinstance(one, Ge)), None)
    most = next((one.le for one in metadata if isinstance(one, Le)), None)
    if least is not None:
        parts.append(f"{least} to {most}" if most is not None else f"{least} or more")
    longest = next((one.max_length for one in metadata if isinstance(one, MaxLen)), None)
    return "; ".join(parts + ([f"up to {longest} letters"] if longest else []))
