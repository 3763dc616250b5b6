"""Take a whole test environment down, whatever state it is in, and prove by the API that nothing is left.

The engine destroys what its states hold, all sites side by side. What the states do not hold, because a create was cut
off, is found by its labels and removed. Both are tried again while the API refuses. Only when the API has nothing left
of the environment are its stacks forgotten.
"""

import shutil
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from fleet.inventory import names
from fleet.progress import say
from fleet.side_by_side import Outcome
from fleet.stacks import StackError
from ops.environments.backend import State
from ops.environments.base import Place
from ops.environments.hands import Hands
from ops.environments.locks import locks

DESTROY = ("pulumi", "destroy", "--yes", "--skip-preview", "--non-interactive", "--color", "never")
PATIENCE, PAUSES = 900.0, (5.0, 10.0, 20.0, 30.0)  # seconds: in all, and between attempts


def down(hands: Hands, name: str, *, alone: bool = False, missing_ok: bool = False) -> None:
    """Take an environment down.

    Args:
        hands: what to work with.
        name: the environment's.
        alone: nobody else works on it, whatever the locks of other machines say.
        missing_ok: that there is none is no error.

    Raises:
        StackError: it is none of those that are taken down here, or something is left; with what to do.
    """
    places = hands.base.places(name)
    known = set(hands.backend.names())
    there = [place for place in places if place.stack in known]
    states = _states(hands, there)
    if not _check(hands, name, places, states, missing_ok):
        say(f"there is no {name}")
        return
    logs = hands.logs(name)
    with ThreadPoolExecutor() as pool:
        # Beside the engine, which waits minutes for a network to be free of a port that no state holds.
        loosened = pool.submit(_loosen, hands, there, states)
        _destroy(hands, there, logs, alone)
        loosened.result()
    _clear(hands, places)
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda place: hands.backend.forget(place.stack), there))
    for place in places:
        hands.base.file(place).file.unlink(missing_ok=True)
    shutil.rmtree(logs, ignore_errors=True)
    say(f"{name} is down: the API of {', '.join(place.region for place in places)} has nothing of it")


def _states(hands: Hands, there: Sequence[Place]) -> dict[str, State]:
    with ThreadPoolExecutor() as pool:
        return dict(zip((p.stack for p in there), pool.map(lambda p: hands.backend.state(p.stack), there), strict=True))


def _check(hands: Hands, name: str, places: Sequence[Place], states: Mapping[str, State], missing_ok: bool) -> bool:
    """Refuse what is no test environment, before anything is touched; whether there is one."""
    if protected := {stack: state.protected for stack, state in states.items() if state.protected}:
        shown = "; ".join(f"{stack}: {', '.join(kept)}" for stack, kept in protected.items())
        raise StackError(f"NAME = {name!r}: is protected ({shown}): production is not taken down here")
    written = {place.stack: settings for place in places if (settings := hands.base.settings_of(place)) is not None}
    if [settings for settings in written.values() if settings.get("kind") != "test" or not settings.get("expires")]:
        raise StackError(f"NAME = {name!r}: its files say that it is no test environment with a time to live")
    for stack, state in states.items():
        if state.ids and not (state.expires or stack in written or hands.backend.expiry_in_history(stack, name)):
            raise StackError(
                f"NAME = {name!r}: nothing says when {stack} expires, so make env-up did not make it: pulumi destroy "
                f"--stack {stack}, if you are sure"
            )
    if states or written or [r for r in hands.left(places) if "expires" in r.labels]:
        return True
    if missing_ok:
        return False
    known = sorted({place.environment for one in hands.backend.names() if (place := hands.base.place(one))})
    raise StackError(f"NAME = {name!r}: no such test environment; there are: {', '.join(known) or 'none'}")


def _destroy(hands: Hands, there: Sequence[Place], logs: Path, alone: bool) -> None:
    """Destroy what the states hold: again while it fails, and then with a look at what is really there."""
    begun, attempt, remaining = hands.clock(), 0, list(there)
    while remaining:
        again = ("--refresh",) if attempt else ()
        outcomes = hands.run({p.stack: _command(hands, p, again) for p in remaining}, logs)
        remaining = [place for place in remaining if outcomes[place.stack].status]
        if not remaining:
            return
        pause = PAUSES[min(attempt, len(PAUSES) - 1)]
        if hands.clock() - begun + pause > PATIENCE:
            raise StackError("\n".join(_why(place, outcomes[place.stack]) for place in remaining))
        for place in remaining:
            _mend(hands, place, outcomes[place.stack], alone)
        attempt += 1
        say(f"{', '.join(p.stack for p in remaining)}: not destroyed yet, again in {pause:.0f} s")
        hands.sleep(pause)


def _command(hands: Hands, place: Place, more: Sequence[str]) -> list[str]:
    return [*DESTROY, *more, "--cwd", str(hands.base.directory), "--stack", place.stack]


def _loosen(hands: Hands, there: Sequence[Place], states: Mapping[str, State]) -> None:
    """Remove what is labelled as the environment's and no state holds: a create was cut off, or somebody's hand.

    An API that does not answer now is asked again for the proof.
    """
    held = {id_ for state in states.values() for id_ in state.ids}
    try:
        loose = [resource for resource in hands.left(there) if resource.id not in held]
    except StackError as error:
        say(str(error))
        return
    for what, why in hands.cloud.remove(loose).items():
        say(f"{what}: {why}")


def _mend(hands: Hands, place: Place, failed: Outcome, alone: bool) -> None:
    """Take away what stood in the way: an abandoned lock, or what the state does not hold."""
    if held := locks(failed.said):
        if alone or all(lock.is_abandoned(hands.now()) for lock in held):
            say(f"{place.stack}: nobody holds its lock any more: {held[0]}")
            hands.backend.unlock(place.stack)
        else:
            say(f"{place.stack}: is locked by {held[0]}")
        return
    _loosen(hands, [place], _states(hands, [place]))


def _why(place: Place, failed: Outcome) -> str:
    if held := locks(failed.said):
        return f"{place.stack} is locked by {held[0]}; if that is gone: pulumi cancel --stack {place.stack}"
    end = "\n".join(failed.said.splitlines()[-40:])
    return f"{place.stack} could not be destroyed in {PATIENCE:.0f} s; its log is {failed.log}\n{end}"


def _clear(hands: Hands, places: Sequence[Place]) -> None:
    """The proof: the API has nothing of the environment; what no state held is removed first."""
    found = hands.left(places)
    if not found:
        return
    refused = hands.cloud.remove(found)
    still = hands.left(places)
    if still:
        shown = "; ".join(f"{kind}: {', '.join(named)}" for kind, named in names(still).items())
        why = "\n".join(f"{what}: {said}" for what, said in refused.items())
        raise StackError(f"{places[0].environment}: the API still has {shown}\n{why}\nmake env-down again, later")
