"""What the cloud has and no stack does, and which environments are over: pure."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from fleet.inventory import Resource
from ops.environments.backend import StackState
from ops.environments.times import is_over


@dataclass(frozen=True)
class Orphans:
    """Resources that carry this program's labels and that no state holds.

    Attributes:
        loose: to be removed: their labels say that their time is over.
        kept: the others, each with the reason; their stacks may be in another backend.
    """

    loose: tuple[Resource, ...]
    kept: Mapping[Resource, str]


def orphans(
    resources: Iterable[Resource], states: Mapping[str, StackState], written: Collection[str], now: datetime
) -> Orphans:
    """The orphans among resources.

    A stack that creates something right now may have made what its state does not hold yet: its resources are not
    judged. So the resources have to be listed before the states are read.

    Args:
        resources: what the API has.
        states: every stack's, by its name.
        written: the environments that Pulumi.yaml names.
        now: the time.
    """
    listed = list(resources)
    held = {id_ for state in states.values() for id_ in state.ids}
    busy = {stack for stack, state in states.items() if state.busy}
    # A server group has a name alone, which may be another program's: it is ours beside what says so.
    expiries: dict[tuple[str, str], str] = {}
    for resource in listed:
        if "expires" in resource.labels:
            place = _place(resource)
            expiries[place] = max(expiries.get(place, ""), resource.labels["expires"])
    found = [r for r in listed if r.id not in held and _stack(r) not in busy]
    kept = {r: why for r in found if (why := _why_kept(r, expiries.get(_place(r)), written, now))}
    return Orphans(tuple(r for r in found if r not in kept), kept)


def _why_kept(resource: Resource, beside: str | None, written: Collection[str], now: datetime) -> str:
    """Why a resource is not to be removed; empty when it is."""
    if resource.labels.get("environment") in written:
        return "Pulumi.yaml names its environment"
    expires = resource.labels.get("expires") or (beside if resource.kind == "server groups" else None)
    if not expires:
        return "nothing says that it is of a test environment"
    return "" if is_over(expires, now) else f"its environment lives until {expires}"


def _place(resource: Resource) -> tuple[str, str]:
    return resource.labels.get("environment", ""), resource.labels.get("site", "")


def expired(expiries: Mapping[str, Collection[str]], now: datetime) -> dict[str, str]:
    """The environments whose time is over, with when that was.

    An environment has one expiry unless a new one did not reach all its sites: then the last counts.

    Args:
        expiries: what is said of each environment, wherever.
        now: the time.
    """
    last = {name: max(said) for name, said in expiries.items() if said}
    return {name: expires for name, expires in sorted(last.items()) if is_over(expires, now)}


def _stack(resource: Resource) -> str:
    labels = resource.labels
    return labels.get("stack") or f"{labels.get('environment')}-{labels.get('site')}"
