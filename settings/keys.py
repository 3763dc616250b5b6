"""Every key that an operator may write, read off the models: for the reference of the settings and its tests."""

from collections.abc import Iterator
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from settings.section import Section
from settings.stack import Settings

# What the loader adds to the configuration.
GIVEN_BY_LOADER = frozenset({"stack", "os_region_name", "secrets"})


@dataclass(frozen=True)
class Key:
    """A key of the configuration that holds a value, or a mapping of an operator's own.

    Attributes:
        path: from the top, as in `environments.<environment>.sites.<site>.role`; what is a kind of its section has the
            kind in brackets: `delivery(container).image`.
        field: the field that it is, with its description.
        required: whether it, and every section around it, has to be there.
    """

    path: str
    field: FieldInfo
    required: bool

    @property
    def advanced(self) -> bool:
        """Whether few operators ever set it."""
        extra = self.field.json_schema_extra
        return isinstance(extra, dict) and bool(extra.get("advanced"))

    @property
    def default(self) -> object:
        """What holds where it is not written; None where nothing does."""
        value = self.field.get_default(call_default_factory=True)
        return None if value is PydanticUndefined else value


def keys(section: type[Section] = Settings, prefix: str = "", *, required: bool = True) -> Iterator[Key]:
    """The keys below a section, in the order of its fields."""
    for name, field in section.model_fields.items():
        if section is Settings and name in GIVEN_BY_LOADER:
            continue
        path, needed = f"{prefix}{name}", required and field.is_required()
        if field.description:
            yield Key(path, field, needed)
        for below, inner in _sections(field.annotation, path):
            yield from keys(inner, f"{below}.", required=needed)


def _sections(annotation: Any, path: str) -> Iterator[tuple[str, type[Section]]]:  # noqa: ANN401 - a type, of any kind
    """The sections that a field holds, each with the path that leads into it."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if isinstance(annotation, type) and issubclass(annotation, Section):
        yield path, annotation
    elif origin is Annotated:
        yield from _sections(inner[0], path)
    elif origin is dict:
        yield from _sections(inner[1], f"{path}.<{_SINGULAR.get(path.rpartition('.')[2], 'site')}>")
    elif origin is tuple:
        yield from _sections(inner[0], f"{path}[]")
    elif origin in (Union, UnionType):
        found = [section for one in inner for section in _sections(one, path)]
        for below, section in found:
            yield (below if len(found) == 1 else f"{below}({_kind(section)})"), section


_SINGULAR = {"environments": "environment", "flavors": "role", "images": "role"}


def _kind(section: type[Section]) -> str:
    """The word by which a section of several kinds says which it is."""
    field = section.model_fields.get("type") or section.model_fields["mode"]
    assert get_origin(field.annotation) is Literal  # noqa: S101 - pydantic refuses another discriminator
    return str(get_args(field.annotation)[0])
