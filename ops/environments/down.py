"""Take a whole test environment down, whatever state it is in, and prove by the API that nothing is left.

The engine destroys what its states hold, all sites side by side. What the states do not hold, because a create was cut
off, is found by its labels and removed. Both are tried again while the API refuses. Only when the API has nothing left
of the environment are its stacks forgotten.
"""

import shutil
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from fleet.at_once import at_once
from fleet.inventory import names
from fleet.outputs import DnsRecord
from fleet.progress import say
from fleet.pulumi import DESTROY, command
from fleet.side_by_side import Outcome
from fleet.stacks import StackError
from ops.environments.backend import StackState
from ops.environments.base import Place
from ops.environments.locks import locks
from ops.environments.records import dangling, line
from ops.environments.tools import Tools

PATIENCE, PAUSES = 900.0, (5.0, 10.0, 20.0, 30.0)  # seconds: in all, and between attempts


def down(tools: Tools, name: str, *, alone: bool = False, missing_ok: bool = False) -> None:
    """Take an environment down.

    Args:
        tools: what to work with.
        name: the environment's.
        alone: nobody else works on it, whatever the locks of other machines say.
        missing_ok: that there is none is no error.

    Raises:
        StackError: it is none of those that are taken down here, or something is left; with what to do.
    """
    places = tools.base.places(name)
    known = set(tools.backend.names())
    there = [place for place in places if place.stack in known]
    states = at_once(tools.backend.state, [place.stack for place in there])
    if not _check(tools, name, places, states, missing_ok):
        say(f"there is no {name}")
        return
    records = _records(tools, there)
    for record in records:
        say(f"its names go before its addresses do: take out {line(record)}")
    logs = tools.logs(name)
    with ThreadPoolExecutor() as pool:
        # Beside the engine, which waits minutes for a network to be free of a port that no state holds.
        loosened = pool.submit(_loosen, tools, there, states)
        _destroy(tools, there, logs, alone)
        loosened.result()
    _clear(tools, places)
    at_once(tools.backend.forget, [place.stack for place in there])
    for place in places:
        tools.base.file(place).file.unlink(missing_ok=True)
    shutil.rmtree(logs, ignore_errors=True)
    for sentence in dangling(records, tools.resolve):
        say(f"WARNING: {sentence}")
    say(f"{name} is down: the API of {', '.join(place.region for place in places)} has nothing of it")


def _records(tools: Tools, there: Sequence[Place]) -> list[DnsRecord]:
    """What an operator was told to set; nothing of a site that never came up."""
    found = at_once(tools.backend.outputs, [place.stack for place in there])
    # The same of every site, where there is a zone.
    return list(dict.fromkeys(record for one in found.values() for record in one.dns_records))


def _check(
    tools: Tools, name: str, places: Sequence[Place], states: Mapping[str, StackState], missing_ok: bool
) -> bool:
    """Refuse what is no test environment, before anything is touched; whether there is one."""
    if protected := {stack: state.protected for stack, state in states.items() if state.protected}:
        shown = "; ".join(f"{stack}: {', '.join(kept)}" for stack, kept in protected.items())
        raise StackError(f"NAME = {name!r}: is protected ({shown}): production is not taken down here")
    written = {place.stack: settings for place in places if (settings := tools.base.settings_of(place)) is not None}
    if [settings for settings in written.values() if settings.get("kind") != "test" or not settings.get("expires")]:
        raise StackError(f"NAME = {name!r}: its files say that it is no test environment with a time to live")
    for stack, state in states.items():
        if state.ids and not (state.expires or stack in written or tools.backend.expiry_in_history(stack, name)):
            raise StackError(
                f"NAME = {name!r}: nothing says when {stack} expires, so make env-up did not make it: pulumi destroy "
                f"--stack {stack}, if you are sure"
            )
    if states or written or [r for r in tools.left(places) if "expires" in r.labels]:
        return True
    if missing_ok:
        return False
    known = sorted({place.environment for one in tools.backend.names() if (place := tools.base.place(one))})
    raise StackError(f"NAME = {name!r}: no such test environment; there are: {', '.join(known) or 'none'}")


def _destroy(tools: Tools, there: Sequence[Place], logs: Path, alone: bool) -> None:
    """Destroy what the states hold: again while it fails, and then with a look at what is really there."""
    begun, attempt, remaining = tools.clock(), 0, list(there)
    while remaining:
        again = ("--refresh",) if attempt else ()
        outcomes = tools.run({p.stack: _command(tools, p, again) for p in remaining}, logs)
        remaining = [place for place in remaining if outcomes[place.stack].status]
        if not remaining:
            return
        pause = PAUSES[min(attempt, len(PAUSES) - 1)]
        if tools.clock() - begun + pause > PATIENCE:
            raise StackError("\n".join(_why(place, outcomes[place.stack]) for place in remaining))
        for place in remaining:
            _mend(tools, place, outcomes[place.stack], alone)
        attempt += 1
        say(f"{', '.join(p.stack for p in remaining)}: not destroyed yet, again in {pause:.0f} s")
        tools.sleep(pause)


def _command(tools: Tools, place: Place, more: Sequence[str]) -> list[str]:
    return command(*DESTROY, *more, stack=place.stack, directory=tools.base.directory)


def _loosen(tools: Tools, there: Sequence[Place], states: Mapping[str, StackState]) -> None:
    """Remove what is labelled as the environment's and no state holds: a create was cut off, or somebody's hand.

    An API that does not answer now is asked again for the proof.
    """
    held = {id_ for state in states.values() for id_ in state.ids}
    try:
        loose = [resource for resource in tools.left(there) if resource.id not in held]
    except StackError as error:
        say(str(error))
        return
    for what, why in tools.cloud.remove(loose).items():
        say(f"{what}: {why}")


def _mend(tools: Tools, place: Place, failed: Outcome, alone: bool) -> None:
    """Take away what stood in the way: an abandoned lock, or what the state does not hold."""
    if held := locks(failed.said):
        if alone or all(lock.is_abandoned(tools.now()) for lock in held):
            say(f"{place.stack}: nobody holds its lock any more: {held[0]}")
            tools.backend.unlock(place.stack)
        else:
            say(f"{place.stack}: is locked by {held[0]}")
        return
    _loosen(tools, [place], {place.stack: tools.backend.state(place.stack)})


def _why(place: Place, failed: Outcome) -> str:
    if held := locks(failed.said):
        return f"{place.stack} is locked by {held[0]}; if that is gone: pulumi cancel --stack {place.stack}"
    end = "\n".join(failed.said.splitlines()[-40:])
    return f"{place.stack} could not be destroyed in {PATIENCE:.0f} s; its log is {failed.log}\n{end}"


def _clear(tools: Tools, places: Sequence[Place]) -> None:
    """The proof: the API has nothing of the environment; what no state held is removed first."""
    found = tools.left(places)
    if not found:
        return
    refused = tools.cloud.remove(found)
    still = tools.left(places)
    if still:
        shown = "; ".join(f"{kind}: {', '.join(named)}" for kind, named in names(still).items())
        why = "\n".join(f"{what}: {said}" for what, said in refused.items())
        raise StackError(f"{places[0].environment}: the API still has {shown}\n{why}\nmake env-down again, later")
