"""The fleet's certificate in tests whose daemons use it, and the secrets of a stack while it is rotated."""

from typing import Any

from fleet.certificates import Pair, self_signed
from settings.secrets import FLEET_NAME

TLS = {"env.redis.tls": True}


def fleet_pair() -> Pair:
    """A new one."""
    return self_signed(FLEET_NAME)


def only(pair: Pair) -> dict[str, Any]:
    """Secrets outside of a rotation."""
    return {"fleet_certificate": pair.certificate, "fleet_key": pair.key}


def accepted(old: Pair, new: Pair) -> dict[str, Any]:
    """Secrets of the first round: the new one is accepted."""
    return only(old) | {"fleet_certificate_next": new.certificate, "fleet_key_next": new.key}


def used(old: Pair, new: Pair) -> dict[str, Any]:
    """Secrets of the second round: the new one is used, the old one is accepted."""
    return only(new) | {"fleet_certificate_previous": old.certificate}
