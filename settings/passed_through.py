"""What an operator may add to config.js: not what this program sets, and no secret in clear."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from pydantic import JsonValue

from settings.section import Refusal
from settings.types import CREDENTIALS, PRIVATE_KEY

# What this program sets, by path: an operator's value at it, below it, or in the place of what it stands in, is lost.
OWN_KEYS = frozenset(
    {
        "backupTurnServers",
        "behindReverseProxy",
        "cookieName",
        "cookieSecret",
        "httpOnly",
        "listeningHost",
        "listeningPort",
        "listeningRedirectPort",
        "mediasoup.webRtcTransport.listenIps",
        "mediasoup.worker.rtcMaxPort",
        "mediasoup.worker.rtcMinPort",
        "prometheus",
        "redisOptions",
        "tls",
        "trustProxy",
        "turn",
    }
)
_OWN_PATHS = tuple(tuple(key.split(".")) for key in OWN_KEYS)
_SECRET_NAME = re.compile(
    r"secret|passw|passphrase|pass$|pwd|credential|token|(api|access|signing|encryption|shared|master)[_-]?key|private"
    r"|decryptionPvk|bearer|jwt|hmac",
    re.IGNORECASE,
)
# The secret itself, and not its length, its lifetime or how many there are.
_SECRET_ITSELF = re.compile(
    r"(secret|pass(wor[dt]|wd|phrase)?|pwd|credential|token|key|pvk|bearer|jwt|hmac)$", re.IGNORECASE
)

_IS_OURS = "is set by this program and cannot be passed through"
# JavaScript takes it for what an object inherits from, and not for a key.
_INHERITED = "__proto__"
_NO_KEY = "is no key of its own in JavaScript, and what is in it would be lost"
_NO_TEXT = "is a number, and a secret is text: put it in quotes"
_IN_CLEAR = (
    "looks like a secret, and would stand in clear in Pulumi.yaml, its history and previews: put it into the secret "
    "meeting_config (docs/settings.md)"
)


def passed_through_rules(key: tuple[str, ...], config: Mapping[str, JsonValue], *, clear: bool) -> list[Refusal]:
    """What is refused of an operator's keys of config.js; never with a value, which may be a secret of the server's.

    Args:
        key: where the mapping stands in the configuration.
        config: the mapping.
        clear: whether it is in clear.
    """
    refusals = [Refusal((*key, *path), None, _IS_OURS) for path in dict.fromkeys(_ours(config))]
    refusals += [Refusal((*key, *path), None, _NO_KEY) for path in _inherited(dict(config))]
    found, why = (secrets_in(dict(config)), _IN_CLEAR) if clear else (secrets_in(dict(config), _is_number), _NO_TEXT)
    return refusals + [Refusal((*key, *path), None, why) for path in found if path[0] not in OWN_KEYS]


def _ours(config: Mapping[str, JsonValue], own: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The operator's paths that this program's values stand at, or inside; also where one is spelled otherwise.

    A key with dots, in other letters or with spaces around it is one that no server reads: it would do nothing.
    """
    for key, value in config.items():
        here = (*own, *(part.strip().lower() for part in key.split(".")))
        whole = [path for path in _OWN_PATHS if here[: len(path)] == tuple(part.lower() for part in path)]
        above = [path for path in _OWN_PATHS if tuple(part.lower() for part in path[: len(here)]) == here]
        if whole or (above and not isinstance(value, dict)):
            yield (key,)
        elif above and isinstance(value, dict):
            yield from ((key, *path) for path in _ours(value, here))


def _inherited(value: JsonValue, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, inner in _pairs(value):
        if name == _INHERITED:
            yield (*path, name)
        else:
            yield from _inherited(inner, (*path, name))


def looks_secret(name: str, value: JsonValue) -> bool:
    """Whether a key is called like a secret, or holds a key or credentials; a switch is none."""
    if isinstance(value, str) and (PRIVATE_KEY in value or CREDENTIALS.search(value)):
        return True
    if _is_number(name, value):
        return True
    return bool(_SECRET_NAME.search(name)) and isinstance(value, (str, list, dict)) and bool(value)


def _is_number(name: str, value: JsonValue) -> bool:
    """Whether a secret stands there without quotes: JavaScript may have another one than was written."""
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return number and bool(_SECRET_NAME.search(name) and _SECRET_ITSELF.search(name))


def secrets_in(
    value: JsonValue, looks: Callable[[str, JsonValue], bool] = looks_secret, path: tuple[str, ...] = ()
) -> Iterator[tuple[str, ...]]:
    """Paths of what looks like a secret."""
    for name, inner in _pairs(value):
        if looks(name, inner):
            yield (*path, name)
        else:
            yield from secrets_in(inner, looks, (*path, name))


def _pairs(value: JsonValue) -> Iterable[tuple[str, JsonValue]]:
    if isinstance(value, dict):
        return value.items()
    return ((str(number), one) for number, one in enumerate(value)) if isinstance(value, list) else ()
