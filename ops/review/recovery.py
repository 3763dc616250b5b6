"""The worst-case recovery times of an environment, before and after a change, held against its objective."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ops.review.site import ReviewedSite
from recovery.objective import ONE_ADDRESS, figures

# Seconds by fault and service; a word where there is no number, such as "-" for what is not interrupted.
Figures = Mapping[str, Mapping[str, float | str]]


@dataclass(frozen=True)
class Recovery:
    """What is compared.

    Attributes:
        before: the figures of what is deployed; empty where it tells none.
        after: the figures of the change.
        objective: seconds that none may exceed; None: there is none.
    """

    before: Figures
    after: Figures
    objective: float | None


def recovery(sites: Sequence[ReviewedSite]) -> Recovery | None:
    """The environment's times: as its primary's stack exports them, and as the change computes them."""
    if not sites:
        return None
    env = sites[0].settings.env
    before: Figures = next((site.deployed.recovery for site in sites if site.deployed.recovery), {})
    return Recovery(before, figures(env), env.recovery_objective.seconds)


@dataclass(frozen=True)
class Row:
    """One figure: what a fault costs a service; None where it is not known."""

    fault: str
    service: str
    before: float | str | None
    after: float | str | None
    missed: bool

    @property
    def changed(self) -> bool:
        """Whether the change moves it."""
        return self.before != self.after


def rows(recovery: Recovery) -> list[Row]:
    """What is worth showing: figures that the change moves, and those that miss the objective, in the order given."""
    faults = dict.fromkeys((*recovery.after, *recovery.before))
    found = [
        _row(recovery, fault, service)
        for fault in faults
        for service in dict.fromkeys((*recovery.after.get(fault, {}), *recovery.before.get(fault, {})))
    ]
    return [row for row in found if row.missed or (row.changed and recovery.before)]


def _row(recovery: Recovery, fault: str, service: str) -> Row:
    before = recovery.before.get(fault, {}).get(service)
    after = recovery.after.get(fault, {}).get(service)
    limit = recovery.objective
    # The objective is for those who have what the names lead to.
    missed = fault != ONE_ADDRESS and limit is not None and isinstance(after, (int, float)) and after > limit
    return Row(fault, service, before, after, missed)
