"""Make the fleet's shared secrets once, store them encrypted in every stack's configuration, and rotate them.

    python -m ops.secrets gra sbg witness
    python -m ops.secrets gra sbg witness --rotate cookie_secret

Running it again changes nothing; a stack that lacks what the others have gets theirs. A rotation takes three rounds,
each followed by a roll of every site: the new one is accepted, then used, then the old one is refused. With
`--at-once` the new one takes the old one's place.
"""

import argparse
import secrets
import sys
from collections.abc import Mapping
from pathlib import Path

from fleet.certificates import self_signed
from fleet.stacks import Stack, StackError, stacks
from settings.secrets import FLEET_NAME

# 256 bits each: as long as what they protect is derived with (SHA-256).
_RANDOM_BYTES = 32
SHARED = ("cookie_secret", "redis_password", "fleet_certificate", "fleet_key")
# What of a secret is there before it is used, and what stays accepted afterwards.
_NEXT = {
    "cookie_secret": ("cookie_secret",),
    "redis_password": ("redis_password",),
    "fleet": ("fleet_certificate", "fleet_key"),
}
_PREVIOUS = {**_NEXT, "fleet": ("fleet_certificate",)}
ROTATABLE = tuple(_NEXT)
_MEANWHILE = (
    *(f"{key}_next" for keys in _NEXT.values() for key in keys),
    *(f"{key}_previous" for keys in _PREVIOUS.values() for key in keys),
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
    known = {stack.name: stack.secrets() for stack in fleet}
    renewed = rotate if at_once else frozenset[str]()
    unasked = _keys(renewed)
    have = {key: value for key in (*SHARED, *_MEANWHILE) if key not in unasked and (value := _agreed(key, known))}
    if len(have.keys() & {"fleet_certificate", "fleet_key"}) == 1:
        raise StackError(
            "fleet_certificate and fleet_key belong together, and only one is there: --rotate fleet --at-once"
        )
    wanted = {**have, **_made([key for key in SHARED if key not in have])}
    for what in rotate - renewed:
        wanted = next_round(wanted, what)
    done: dict[str, dict[str, str]] = {}
    for stack in fleet:
        for key in (*SHARED, *_MEANWHILE):
            if key in wanted and known[stack.name].get(key) != wanted[key]:
                stack.set_secret(key, wanted[key])
                done.setdefault(stack.name, {})[key] = "written"
            elif key not in wanted and key in known[stack.name]:
                stack.remove(key)
                done.setdefault(stack.name, {})[key] = "removed"
    return done


def next_round(held: Mapping[str, str], what: str) -> dict[str, str]:
    """The shared secrets after the next round of a rotation.

    Args:
        held: by key, as they are.
        what: a member of `ROTATABLE`.
    """
    after = dict(held)
    coming = {key: after.pop(f"{key}_next") for key in _NEXT[what] if f"{key}_next" in after}
    leaving = [after.pop(f"{key}_previous") for key in _PREVIOUS[what] if f"{key}_previous" in after]
    if coming:
        return {**after, **{f"{key}_previous": after[key] for key in _PREVIOUS[what]}, **coming}
    if leaving:
        return after
    return {**after, **{f"{key}_next": value for key, value in _made(_NEXT[what]).items()}}


def rounds(held: Mapping[str, str]) -> list[str]:
    """What is being rotated, and which round it is in, in sentences."""
    said = []
    for what, keys in _NEXT.items():
        if any(f"{key}_next" in held for key in keys):
            said.append(f"{what}: the new one is accepted, the old one used (1 of 3)")
        elif any(f"{key}_previous" in held for key in _PREVIOUS[what]):
            said.append(f"{what}: the new one is used, the old one still accepted (2 of 3)")
    return said


def _keys(rotated: frozenset[str]) -> set[str]:
    """All keys that belong to what is made anew."""
    return {key for what in rotated for key in (*SHARED, *_MEANWHILE) if key == what or key.startswith(f"{what}_")}


def _agreed(key: str, known: dict[str, dict[str, str]]) -> str | None:
    values = {secrets_of[key] for secrets_of in known.values() if key in secrets_of}
    if len(values) > 1:
        holders = ", ".join(name for name, secrets_of in known.items() if key in secrets_of)
        raise StackError(f"{key} differs between {holders}; --rotate with --at-once makes a new one for all")
    return next(iter(values), None)


def _made(keys: list[str] | tuple[str, ...]) -> dict[str, str]:
    """New values for some of `SHARED`."""
    made = {key: secrets.token_hex(_RANDOM_BYTES) for key in keys if not key.startswith("fleet")}
    if "fleet_key" in keys:
        pair = self_signed(FLEET_NAME)
        made |= {"fleet_certificate": pair.certificate, "fleet_key": pair.key}
    return made


def main() -> int:
    """The command; 1 with one line when it cannot."""
    parser = argparse.ArgumentParser(prog="python -m ops.secrets", description="Make and spread the shared secrets.")
    parser.add_argument("stack", nargs="+")
    parser.add_argument("--rotate", action="append", default=[], choices=ROTATABLE)
    parser.add_argument("--at-once", action="store_true", help="the old one is refused wherever the new one is known")
    parser.add_argument("--directory", type=Path, default=Path(), help="where the stacks' files are")
    args = parser.parse_args()
    try:
        found = stacks(args.stack, args.directory)
        done = spread(found, frozenset(args.rotate), at_once=args.at_once)
        under_way = rounds(found[0].secrets())
    except StackError as error:
        print(error, file=sys.stderr)
        return 1
    for name in args.stack:
        said = ", ".join(f"{key} {word}" for key, word in done.get(name, {}).items())
        print(f"{name}: {said or 'nothing to change'}")
    for sentence in under_way:
        print(f"{sentence}: roll every site, then say --rotate again")
    return 0


if __name__ == "__main__":
    sys.exit(main())
