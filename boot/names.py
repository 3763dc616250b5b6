"""The names that an edge answers to."""

from settings.dns import public_names
from settings.stack import Settings


def served_names(settings: Settings) -> tuple[str, ...]:
    """All names that people reach the service by through this edge; each is in the edge's certificates."""
    return tuple(public_names(settings.env)) if settings.env.dns else (settings.env.domain,)
