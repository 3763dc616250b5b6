"""A secret's rotation in three rounds, and where one that was cut off has to go on."""

import secrets
from collections.abc import Mapping
from typing import Literal, get_args

from fleet.certificates import self_signed
from fleet.stacks import StackError
from settings.secrets import FLEET_NAME

# 256 bits each: as long as what they protect is derived with (SHA-256).
_RANDOM_BYTES = 32
# What of a secret is there before it is used, and what stays accepted afterwards.
NEXT = {
    "cookie_secret": ("cookie_secret",),
    "redis_password": ("redis_password",),
    "redis_fleet_password": ("redis_fleet_password",),
    "fleet": ("fleet_certificate", "fleet_key"),
}
PREVIOUS = {**NEXT, "fleet": ("fleet_certificate",)}
Rotatable = Literal["cookie_secret", "redis_password", "redis_fleet_password", "fleet"]
ROTATABLE: tuple[Rotatable, ...] = get_args(Rotatable)
FLEET_PASSWORD = "redis_fleet_password"  # noqa: S105 - a key


def one_password(held: Mapping[str, Mapping[str, str]]) -> bool:
    """Whether Redis servers say the meeting servers' password, and nothing is under way to change that.

    Args:
        held: each stack's secrets.
    """
    keys = {key for secrets in held.values() for key in secrets}
    return "redis_password" in keys and not any(key.startswith(FLEET_PASSWORD) for key in keys)


def as_used(
    held: Mapping[str, Mapping[str, str]], rotate: frozenset[str] = frozenset()
) -> dict[str, Mapping[str, str]]:
    """The stacks' secrets as servers use them: without a password of their own it is the meeting servers'.

    So the first one comes in the same three rounds as any later one.

    Args:
        held: each stack's secrets.
        rotate: what is to be brought a round further; without it nothing begins.

    Raises:
        StackError: the meeting servers' password changes at the same time.
    """
    if one_password(held) and FLEET_PASSWORD not in rotate:
        return dict(held)
    first = not any(FLEET_PASSWORD in secrets for secrets in held.values())
    known = {
        name: {**secrets, FLEET_PASSWORD: secrets["redis_password"]}
        if "redis_password" in secrets
        and FLEET_PASSWORD not in secrets
        and (first or f"{FLEET_PASSWORD}_next" in secrets)
        else secrets
        for name, secrets in held.items()
    }
    shared = any(
        secrets.get("redis_password") in (secrets.get(FLEET_PASSWORD), secrets.get(f"{FLEET_PASSWORD}_previous"))
        for secrets in known.values()
        if "redis_password" in secrets
    )
    beside = any(f"redis_password_{when}" in secrets for secrets in held.values() for when in ("next", "previous"))
    if shared and (beside or "redis_password" in rotate):
        raise StackError(f"redis_password and {FLEET_PASSWORD} cannot change together: finish one of them first")
    return known


def next_round(held: Mapping[str, str], what: str) -> dict[str, str]:
    """The shared secrets after the next round of a rotation.

    Args:
        held: by key, as they are.
        what: a member of `ROTATABLE`.
    """
    after = dict(held)
    coming = {key: after.pop(f"{key}_next") for key in NEXT[what] if f"{key}_next" in after}
    leaving = [after.pop(f"{key}_previous") for key in PREVIOUS[what] if f"{key}_previous" in after]
    if coming:
        return {**after, **{f"{key}_previous": after[key] for key in PREVIOUS[what]}, **coming}
    if leaving:
        return after
    return {**after, **{f"{key}_next": value for key, value in made(NEXT[what]).items()}}


def rounds(held: Mapping[str, str]) -> list[str]:
    """What is being rotated, and which round it is in, in sentences."""
    said = []
    for what, keys in NEXT.items():
        if any(f"{key}_next" in held for key in keys):
            said.append(f"{what}: the new one is accepted, the old one used (1 of 3)")
        elif any(f"{key}_previous" in held for key in PREVIOUS[what]):
            said.append(f"{what}: the new one is used, the old one still accepted (2 of 3)")
    return said


def where(known: Mapping[str, Mapping[str, str]], what: str) -> tuple[dict[str, str], bool]:
    """The round of a rotation that the stacks have begun, and whether all of them are through with it.

    A round is written to one stack after the other, and to each key by key: of one that was cut off the first stacks
    have all, one has a part, the last have the round before.

    Args:
        known: each stack's secrets; a stack without this one is new, and behind nobody.
        what: a member of `ROTATABLE`.

    Raises:
        StackError: the stacks' values are not those of one rotation.
    """
    values = {key: _Values(key, known) for key in NEXT[what]}
    # The second one, from the first stack that keeps or uses something else to the last that holds what is to come.
    begun = any(
        (seen.leaving and seen.coming) or seen.coming & seen.used or len(seen.used) > 1 for seen in values.values()
    )
    # The third one, where some have the old one no more.
    ending = {key for key, seen in values.items() if seen.leaving and seen.gone and not (seen.coming or begun)}
    meant: dict[str, str] = {}
    for key, seen in values.items():
        new = seen.coming or seen.used - seen.leaving
        old = seen.leaving or seen.used - new
        now = new if begun else seen.used
        if max(map(len, (seen.coming, seen.leaving, now, old if begun else ()))) > 1:
            raise differs(key, known)
        meant |= dict.fromkeys([key] if now else [], *now)
        meant |= {f"{key}_next": value for value in seen.coming if not begun}
        stays = key in PREVIOUS[what] and (begun or seen.leaving) and key not in ending
        meant |= {f"{key}_previous": value for value in old if stays}
    # Halves of a new pair that do not belong together are made anew: nobody uses them yet.
    halves = [key for key in NEXT[what] if f"{key}_next" in meant]
    if halves and len(halves) < len(NEXT[what]):
        meant |= {f"{key}_next": value for key, value in made(NEXT[what]).items()}
    behind = [held for held in known.values() for key in halves if key in held and f"{key}_next" not in held]
    return meant, not (begun or ending or behind) and len(halves) in (0, len(NEXT[what]))


class _Values:
    """The different values of a key in the stacks that have it: used now, coming and leaving; who has no old one."""

    def __init__(self, key: str, known: Mapping[str, Mapping[str, str]]) -> None:
        has = [held for held in known.values() if key in held]
        self.used, self.coming, self.leaving = (
            {held[name] for held in has if name in held} for name in (key, f"{key}_next", f"{key}_previous")
        )
        self.gone = [held for held in has if f"{key}_previous" not in held]


def differs(key: str, known: Mapping[str, Mapping[str, str]]) -> StackError:
    """Two stacks have another value each."""
    holders = ", ".join(name for name, held in known.items() if key in held)
    return StackError(f"{key} differs between {holders}; --rotate with --at-once makes a new one for all")


def made(keys: tuple[str, ...] | list[str]) -> dict[str, str]:
    """New values for some of the shared secrets."""
    new = {key: secrets.token_hex(_RANDOM_BYTES) for key in keys if not key.startswith("fleet")}
    if "fleet_key" in keys:
        pair = self_signed(FLEET_NAME)
        new |= {"fleet_certificate": pair.certificate, "fleet_key": pair.key}
    return new
