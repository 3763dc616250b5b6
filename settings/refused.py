"""A value that is refused, as pydantic is told of it."""

from pydantic_core import PydanticCustomError


def refused(kind: str, allowed: str) -> PydanticCustomError:
    """The error of a value.

    Args:
        kind: pydantic's type of error, such as "format".
        allowed: what to write, in words that go to the operator as they are.
    """
    return PydanticCustomError(kind, "{allowed}", {"allowed": allowed})
