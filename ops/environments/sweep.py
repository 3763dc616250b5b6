"""Find test environments whose time is over, and what no stack has; list it, and remove it when told to."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from fleet.inventory import Resource
from fleet.stacks import StackError
from ops.environments import down as teardown
from ops.environments.backend import State
from ops.environments.hands import Hands
from ops.environments.orphans import Orphans, expired, orphans


@dataclass(frozen=True)
class Found:
    """What a sweep is to take away: environments with their expiry, and orphans."""

    expired: Mapping[str, str]
    orphans: Orphans

    @property
    def is_clean(self) -> bool:
        """Whether there is nothing to do."""
        return not self.expired and not self.orphans.loose

    def lines(self) -> list[str]:
        """For people to read."""
        said = [f"expired   {name}, at {expires}" for name, expires in self.expired.items()]
        said += [f"orphan    {_shown(resource)}" for resource in self.orphans.loose]
        said += [f"kept      {_shown(resource)}: Pulumi.yaml names its environment" for resource in self.orphans.kept]
        return said or ["nothing has expired, and every resource belongs to a stack"]


def look(hands: Hands) -> Found:
    """Ask the clouds first and the stacks after: what was made in between is then in its stack."""
    resources = hands.cloud.resources()
    stacks = hands.backend.names()
    with ThreadPoolExecutor() as pool:
        states = dict(zip(stacks, pool.map(hands.backend.state, stacks), strict=True))
    over = expired(_expiries(hands, resources, states), hands.now())
    found = orphans(resources, states, hands.base.written)
    loose = tuple(r for r in found.loose if r.labels.get("environment") not in over)  # they go with it
    return Found(over, Orphans(loose, found.kept))


def sweep(hands: Hands, *, yes: bool, tell: Callable[[str], None] = print) -> None:
    """List what is to be taken away; with `yes` take it away, and look again.

    Raises:
        StackError: something could not be removed.
    """
    found = look(hands)
    for line in found.lines():
        tell(line)
    if found.is_clean:
        return
    if not yes:
        tell("make env-sweep YES=1 removes what has expired and the orphans")
        return
    failures = []
    for name in found.expired:
        try:
            teardown.down(hands, name)
        except StackError as error:
            failures.append(str(error))
    failures += [f"{what}: {why}" for what, why in hands.cloud.remove(found.orphans.loose).items()]
    after = look(hands)
    if failures or not after.is_clean:
        raise StackError("\n".join([*failures, "still there:", *after.lines()]))
    tell("all of it is removed")


def _expiries(hands: Hands, resources: list[Resource], states: Mapping[str, State]) -> dict[str, set[str]]:
    """What labels, states, files and, of empty stacks, histories say of each environment's expiry."""
    said: dict[str, set[str]] = {}

    def add(environment: str, expires: str | None) -> None:
        if expires and environment not in hands.base.written:
            said.setdefault(environment, set()).add(expires)

    for resource in resources:
        # Without a stack it is an orphan, whatever it says.
        if resource.labels.get("stack") in states:
            add(resource.labels.get("environment", ""), resource.labels.get("expires"))
    for stack, state in states.items():
        if place := hands.base.place(stack):
            add(place.environment, state.expires or hands.backend.expiry_in_history(stack, place.environment))
    for place in hands.base.files():
        add(place.environment, (hands.base.settings_of(place) or {}).get("expires"))
    return said


def _shown(resource: Resource) -> str:
    stack = resource.labels.get("stack") or resource.labels.get("environment")
    return f"{resource.kind}: {resource.name} ({resource.region}, {resource.id}), of {stack}"
