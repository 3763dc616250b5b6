"""Make the fleet's shared secrets once, and store them encrypted in every stack's configuration.

    python -m ops.secrets gra sbg witness
    python -m ops.secrets gra sbg witness --rotate cookie_secret

Running it again changes nothing; a stack that lacks what the others have gets theirs.
"""

import argparse
import secrets
import sys
from pathlib import Path

from boot.fleet import FLEET_NAME
from ops.certificates import self_signed
from ops.stacks import Stack, StackError, stacks

# 256 bits each: as long as what they protect is derived with (SHA-256).
_RANDOM_BYTES = 32
ROTATABLE = ("cookie_secret", "redis_password", "fleet")
SHARED = ("cookie_secret", "redis_password", "fleet_certificate", "fleet_key")


def spread(fleet: list[Stack], rotate: frozenset[str] = frozenset()) -> dict[str, list[str]]:
    """Give all stacks the same secrets.

    Args:
        fleet: the stacks of one environment.
        rotate: what to make anew: members of `ROTATABLE`.

    Returns:
        The keys that were written, by stack.

    Raises:
        StackError: two stacks disagree about a secret that is not being rotated, or the CLI refuses.
    """
    known = {stack.name: stack.secrets() for stack in fleet}
    wanted = {key: value for key in SHARED if key not in _renewed(rotate) and (value := _agreed(key, known))}
    if len(wanted.keys() & {"fleet_certificate", "fleet_key"}) == 1:
        raise StackError("fleet_certificate and fleet_key belong together, and only one is there: --rotate fleet")
    wanted |= {key: value for key, value in _fresh(wanted).items() if key not in wanted}
    written: dict[str, list[str]] = {}
    for stack in fleet:
        for key in SHARED:
            if known[stack.name].get(key) != wanted[key]:
                stack.set_secret(key, wanted[key])
                written.setdefault(stack.name, []).append(key)
    return written


def _renewed(rotate: frozenset[str]) -> set[str]:
    return {key for what in rotate for key in SHARED if key == what or key.startswith(f"{what}_")}


def _agreed(key: str, known: dict[str, dict[str, str]]) -> str | None:
    values = {secrets_of[key] for secrets_of in known.values() if key in secrets_of}
    if len(values) > 1:
        holders = ", ".join(name for name, secrets_of in known.items() if key in secrets_of)
        raise StackError(f"{key} differs between {holders}; --rotate makes a new one for all")
    return next(iter(values), None)


def _fresh(have: dict[str, str]) -> dict[str, str]:
    made = {key: secrets.token_hex(_RANDOM_BYTES) for key in ("cookie_secret", "redis_password") if key not in have}
    if "fleet_key" not in have:
        pair = self_signed(FLEET_NAME)
        made |= {"fleet_certificate": pair.certificate, "fleet_key": pair.key}
    return made


def main() -> int:
    """The command; 1 with one line when it cannot."""
    parser = argparse.ArgumentParser(prog="python -m ops.secrets", description="Make and spread the shared secrets.")
    parser.add_argument("stack", nargs="+")
    parser.add_argument("--rotate", action="append", default=[], choices=ROTATABLE)
    parser.add_argument("--directory", type=Path, default=Path(), help="where the stacks' files are")
    args = parser.parse_args()
    try:
        written = spread(stacks(args.stack, args.directory), frozenset(args.rotate))
    except StackError as error:
        print(error, file=sys.stderr)
        return 1
    for name in args.stack:
        print(f"{name}: {', '.join(written[name]) + ' written' if name in written else 'nothing to change'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
