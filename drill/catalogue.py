"""All exercises by name, and which of them to run."""

from collections.abc import Sequence

from drill.exercise import Exercise
from drill.failover_test import FAILOVER_TEST
from drill.faults import EXERCISES

ALL = {exercise.name: exercise for exercise in (FAILOVER_TEST, *EXERCISES)}


class UnknownFaultError(Exception):
    """There is no such fault; the message lists those that are."""


def chosen(names: Sequence[str]) -> list[Exercise]:
    """The exercises of these names, in the order of the catalogue; all of them without names.

    Raises:
        UnknownFaultError: one is not in the catalogue.
    """
    if unknown := sorted(set(names) - ALL.keys()):
        raise UnknownFaultError(f"no such fault: {', '.join(unknown)}; there are: {', '.join(ALL)}")
    return [exercise for name, exercise in ALL.items() if not names or name in names]
