"""The names that an edge answers to."""

from settings.stack import Settings


def served_names(settings: Settings) -> tuple[str, ...]:
    """All names that people reach the service by through this edge; each is in the edge's certificates."""
    return (settings.env.domain,)
