"""What a roll has to do, from what a preview changes and from what an earlier roll left: pure."""

from dataclasses import dataclass
from enum import StrEnum


class Step(StrEnum):
    """One step, in the words of whoever reads along."""

    DNS_OUT = "take its edge out of every DNS answer"
    DRAIN = "send new rooms elsewhere; those that are there stay"
    WAIT = "wait for its rooms to end"
    CLOSE = "close what is drained: who is left moves at once"
    HAND_OVER = "make the other site's Redis the master"
    APPLY = "pulumi up"
    READY = "wait until its servers are healthy"
    OPEN = "let rooms in again"
    DNS_IN = "put its edge back into the DNS"


# What is done only while another site can take whom it concerns.
TAKING_AWAY = (Step.DNS_OUT, Step.DRAIN, Step.WAIT, Step.CLOSE, Step.HAND_OVER, Step.APPLY)


@dataclass(frozen=True)
class Situation:
    """How a site is, and what is to become of it.

    Attributes:
        changed: whether `pulumi up` would change anything.
        leaving: the roles of its servers that are replaced or deleted.
        zone: whether there are nameservers that can be told.
        table: whether there is a room table that can be told (`edge.affinity`).
        master: whether its Redis is the master that Sentinels named.
        drained: whether an edge keeps new rooms from an instance of its.
        closed: whether every edge has every instance closed that leaves.
        dns_out: whether a nameserver leaves its edge out.
    """

    changed: bool
    leaving: frozenset[str]
    zone: bool = False
    table: bool = True
    master: bool = False
    drained: bool = False
    closed: bool = False
    dns_out: bool = False


def plan(found: Situation) -> tuple[Step, ...]:
    """The steps from here to a site that is as described and in service; none when it is.

    An earlier roll that stopped is gone on with: what it drained stays so until its servers are healthy.
    """
    meeting, edge = "meeting" in found.leaving, "edge" in found.leaving
    before: list[Step] = []
    if edge and found.zone:
        before.append(Step.DNS_OUT)
    if meeting and found.table and not found.closed:
        before.append(Step.DRAIN)
    # Without a table nothing keeps new rooms away, and still it is better to wait for those that are there.
    if (meeting or edge) and not found.closed:
        before.append(Step.WAIT)
    if meeting and found.table and not found.closed:
        before.append(Step.CLOSE)
    if "redis" in found.leaving and found.master:
        before.append(Step.HAND_OVER)
    after: list[Step] = []
    if found.drained or Step.CLOSE in before:
        after.append(Step.OPEN)
    if found.dns_out or Step.DNS_OUT in before:
        after.append(Step.DNS_IN)
    apply = [Step.APPLY] if found.changed else []
    return (*before, *apply, Step.READY, *after) if apply or after else ()


def undo(found: Situation) -> tuple[Step, ...]:
    """The steps that put a drained site back into service as it is, whoever else is healthy."""
    return (*([Step.OPEN] if found.drained else []), *([Step.DNS_IN] if found.dns_out else []))
