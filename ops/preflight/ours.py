"""What the stacks that are looked at have made already: it takes no quota a second time, and clashes with nobody."""

from collections.abc import Mapping, Sequence

from settings import PROJECT
from settings.stack import Settings


def is_ours(labels: Mapping[str, str], stacks: Sequence[Settings]) -> bool:
    """Whether labels are of one of the stacks."""
    return labels.get("project") == PROJECT and labels.get("stack") in {one.stack for one in stacks}
