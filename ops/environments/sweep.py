"""Find test environments whose time is over, and what no stack has; list it, and remove it when told to."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from fleet.inventory import Resource
from fleet.stacks import StackError
from ops.environments import down as teardown
from ops.environments.backend import StackState
from ops.environments.orphans import Orphans, expired, orphans
from ops.environments.tools import Tools


@dataclass(frozen=True)
class Found:
    """What a sweep is to take away: environments with their expiry, and orphans; and the regions that do not say."""

    expired: Mapping[str, str]
    orphans: Orphans
    silent: Mapping[str, str]
    stacks: int

    @property
    def is_clean(self) -> bool:
        """Whether there is nothing to do."""
        return not self.expired and not self.orphans.loose

    def lines(self) -> list[str]:
        """For people to read."""
        said = [f"expired   {name}, at {expires}" for name, expires in self.expired.items()]
        said += [f"orphan    {_shown(resource)}" for resource in self.orphans.loose]
        said += [f"kept      {_shown(resource)}: {why}" for resource, why in self.orphans.kept.items()]
        said += [f"unknown   {why}" for why in self.silent.values()]
        return said or ["nothing has expired, and every resource belongs to a stack"]


def look(tools: Tools) -> Found:
    """Ask the clouds first and the stacks after: what was made in between is then in its stack."""
    resources, silent = tools.cloud.reachable()
    stacks = tools.backend.names()
    with ThreadPoolExecutor() as pool:
        states = dict(zip(stacks, pool.map(tools.backend.state, stacks), strict=True))
    over = expired(_expiries(tools, resources, states), tools.now())
    found = orphans(resources, states, tools.base.written, tools.now())
    loose = tuple(r for r in found.loose if r.labels.get("environment") not in over)  # they go with it
    return Found(over, Orphans(loose, found.kept), silent, len(stacks))


def sweep(tools: Tools, *, yes: bool, tell: Callable[[str], None] = print) -> None:
    """List what is to be taken away; with `yes` take it away, and look again.

    Raises:
        StackError: something could not be removed.
    """
    found = look(tools)
    for line in found.lines():
        tell(line)
    failures = [f"not swept: {why}" for why in found.silent.values()]
    if not found.is_clean and not yes:
        tell("make env-sweep YES=1 removes what has expired and the orphans")
    if found.is_clean or not yes:
        if failures:
            raise StackError("\n".join(failures))
        return
    if not found.stacks:
        raise StackError(
            "nothing is removed: the backend has no stack of this project at all, so every resource looks like an "
            "orphan: is PULUMI_BACKEND_URL the one that the environments were made with?"
        )
    for name in found.expired:
        try:
            teardown.down(tools, name)
        except StackError as error:
            failures.append(str(error))
    failures += [f"{what}: {why}" for what, why in tools.cloud.remove(found.orphans.loose).items()]
    after = look(tools)
    if failures or not after.is_clean:
        raise StackError("\n".join([*failures, "still there:", *after.lines()]))
    tell("all of it is removed")


def _expiries(tools: Tools, resources: list[Resource], states: Mapping[str, StackState]) -> dict[str, set[str]]:
    """What labels, states, files and, of empty stacks, histories say of each environment's expiry."""
    said: dict[str, set[str]] = {}

    def add(environment: str, expires: str | None) -> None:
        if expires and environment not in tools.base.written:
            said.setdefault(environment, set()).add(expires)

    for resource in resources:
        # Without a stack it is an orphan, whatever it says.
        if resource.labels.get("stack") in states:
            add(resource.labels.get("environment", ""), resource.labels.get("expires"))
    for stack, state in states.items():
        if place := tools.base.place(stack):
            add(place.environment, state.expires or tools.backend.expiry_in_history(stack, place.environment))
    for place in tools.base.files():
        add(place.environment, (tools.base.settings_of(place) or {}).get("expires"))
    return said


def _shown(resource: Resource) -> str:
    stack = resource.labels.get("stack") or resource.labels.get("environment")
    return f"{resource.kind}: {resource.name} ({resource.region}, {resource.id}), of {stack}"
