"""Make the fleet's shared secrets once, store them encrypted in every stack's configuration, and rotate them.

    python -m ops secrets gra sbg witness
    python -m ops secrets gra sbg witness --rotate cookie_secret

Running it again changes nothing; a stack that lacks what the others have gets theirs, also the meeting server's own
secrets (`meeting_config`), which an operator sets at one. A rotation takes three rounds,
each followed by a roll of every site: the new one is accepted, then used, then the old one is refused. A round that was
cut off is finished first, before the next one. With `--at-once` the new one takes the old one's place.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated

from fleet.arguments import HERE, Directory, Stacks
from fleet.stacks import Stack, StackError, stacks
from ops.rotation import (
    FLEET_PASSWORD,
    NEXT,
    PREVIOUS,
    ROTATABLE,
    Rotatable,
    as_used,
    made,
    next_round,
    one_password,
    rounds,
    where,
)
from settings.secrets import fingerprints

SHARED = ("cookie_secret", "redis_password", "redis_fleet_password", "fleet_certificate", "fleet_key")
# Given by an operator to one stack, and then all stacks'.
GIVEN = ("meeting_config", "meeting_config_file")
_MEANWHILE = (
    *(f"{key}_next" for keys in NEXT.values() for key in keys),
    *(f"{key}_previous" for keys in PREVIOUS.values() for key in keys),
)


def spread(
    fleet: list[Stack], rotate: frozenset[str] = frozenset(), *, at_once: bool = False
) -> dict[str, dict[str, str]]:
    """Give all stacks the same secrets.

    Args:
        fleet: the stacks of one environment.
        rotate: what to bring one round further: members of `ROTATABLE`.
        at_once: the new ones take the old ones' place in one round.

    Returns:
        What was done with each key that changed, in words, by stack.

    Raises:
        StackError: two stacks disagree about a secret that is not made anew, or the CLI refuses.
    """
    held = {stack.name: stack.secrets() for stack in fleet}
    renewed = rotate if at_once else frozenset[str]()
    known = as_used(held, rotate - renewed)
    wanted: dict[str, str] = {}
    for what in ROTATABLE:
        if what not in renewed:
            meant, level = where(known, what)
            wanted |= next_round(meant, what) if level and meant and what in rotate else meant
    have = wanted.keys() & set(SHARED)
    if len(have & {"fleet_certificate", "fleet_key"}) == 1:
        raise StackError(
            "fleet_certificate and fleet_key belong together, and only one is there: --rotate fleet --at-once"
        )
    later = {FLEET_PASSWORD} - renewed if one_password(held) else set()
    wanted |= made([key for key in SHARED if key not in have | later])
    if wanted.get(FLEET_PASSWORD) == wanted["redis_password"]:
        del wanted[FLEET_PASSWORD]
    wanted |= _given(held)
    return {stack.name: done for stack in fleet if (done := _written(stack, held[stack.name], wanted))}


def _given(known: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """What an operator gave to a stack, for those that have none.

    Raises:
        StackError: two stacks have different ones: nobody knows which is meant.
    """
    found: dict[str, str] = {}
    for key in GIVEN:
        holders = {stack: held[key] for stack, held in known.items() if key in held}
        if len(set(holders.values())) > 1:
            raise StackError(
                f"{key}: {' and '.join(holders)} disagree; set the same one, or take it from those that have the old "
                f"one and say this again: pulumi config rm {key} --stack STACK"
            )
        if holders:
            found[key] = next(iter(holders.values()))
    return found


def unfinished(fleet: list[Stack]) -> list[str]:
    """The rotations of which a round was cut off, so that the stacks are not in the same one."""
    known = as_used({stack.name: stack.secrets() for stack in fleet})
    return [what for what in ROTATABLE if not where(known, what)[1]]


def check_taken(fleet: list[Stack], rotate: frozenset[str]) -> None:
    """Refuse a round while the servers of a stack have not taken the one before.

    Raises:
        StackError: with the stacks, and what to do.
    """
    keys = [key for what in rotate for key in NEXT[what]]
    behind = [
        stack.name
        for stack in fleet
        if (taken := stack.deployed_secrets())
        and any(
            taken[key] != here for key, here in fingerprints(stack.secrets()).items() if key in keys and key in taken
        )
    ]
    if behind:
        raise StackError(
            f"{', '.join(sorted(rotate))}: the servers of {', '.join(behind)} have not taken what their stacks hold, "
            "so the next round would leave them behind: make roll of each site, or pulumi up, then say it again"
        )


def _written(stack: Stack, held: Mapping[str, str], wanted: Mapping[str, str]) -> dict[str, str]:
    """Have a stack hold what is wanted: cut off anywhere, nothing that somebody uses is lost."""
    for key in (*reversed(_MEANWHILE), *SHARED, *GIVEN):
        if key in wanted and held.get(key) != wanted[key]:
            stack.set_secret(key, wanted[key])
    gone = [key for key in _MEANWHILE if key in held and key not in wanted]
    for key in gone:
        stack.remove(key)
    written = {key for key in wanted if held.get(key) != wanted[key]}
    words = dict.fromkeys(written, "written") | dict.fromkeys(gone, "removed")
    return {key: words[key] for key in (*SHARED, *GIVEN, *_MEANWHILE) if key in words}


def main(
    stack: Stacks,
    *,
    rotate: Annotated[Sequence[Rotatable], "a secret of which a rotation goes one round further"] = (),
    at_once: Annotated[bool, "the old one is refused wherever the new one is known"] = False,
    directory: Directory = HERE,
) -> int:
    """The command."""
    named = stacks(stack, directory)
    behind = [] if at_once else unfinished(named)
    asked = frozenset(rotate)
    if not at_once:
        check_taken(named, asked - set(behind))
    done = spread(named, asked, at_once=at_once)
    now = {one.name: one.secrets() for one in named}
    for what in behind:
        print(f"{what}: a round was cut off; it is finished now, and the next one has not begun")
    for name in stack:
        text = ", ".join(f"{key} {word}" for key, word in done.get(name, {}).items())
        print(f"{name}: {text or 'nothing to change'}")
    for sentence in rounds(now[named[0].name]):
        print(f"{sentence}: roll every site, then say --rotate again")
    if one_password(now):
        print(f"{FLEET_PASSWORD} is missing: meeting servers may do everything with Redis; --rotate {FLEET_PASSWORD}")
    return 0
