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
        loose: to be removed.
        kept: of environments that Pulumi.yaml names: their stacks may be in another backend.
    """

    loose: tuple[Resource, ...]
    kept: tuple[Resource, ...]


def orphans(resources: Iterable[Resource], states: Mapping[str, StackState], written: Collection[str]) -> Orphans:
    """The orphans among resources.

    A stack that creates something right now may have made what its state does not hold yet: its resources are not
    judged. So the resources have to be listed before the states are read.

    Args:
        resources: what the API has.
        states: every stack's, by its name.
        written: the environments that Pulumi.yaml names.
    """
    held = {id_ for state in states.values() for id_ in state.ids}
    busy = {stack for stack, state in states.items() if state.busy}
    found = [r for r in resources if r.id not in held and _stack(r) not in busy]
    return Orphans(
        loose=tuple(r for r in found if r.labels.get("environment") not in written),
        kept=tuple(r for r in found if r.labels.get("environment") in written),
    )


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
