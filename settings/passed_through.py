"""What an operator may add to config.js: not what this program sets, and no secret in clear."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

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
_SECRET_NAME = re.compile(r"secret|passw|passphrase|credential|token|api_?key|private|decryptionPvk", re.IGNORECASE)

_IS_OURS = "is set by this program and cannot be passed through"
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
    if clear:
        refusals += [
            Refusal((*key, *path), None, _IN_CLEAR) for path in secrets_in(dict(config)) if path[0] not in OWN_KEYS
        ]
    return refusals


def _ours(config: Mapping[str, JsonValue]) -> Iterator[tuple[str, ...]]:
    """The operator's paths that this program's values stand at, or inside."""
    for own in sorted(_OWN_PATHS):
        found: Any = config
        for depth, part in enumerate(own, 1):
            if not isinstance(found, dict) or part not in found:
                break
            found = found[part]
            if depth == len(own) or not isinstance(found, dict):
                yield own[:depth]
                break


def looks_secret(name: str, value: JsonValue) -> bool:
    """Whether a key is called like a secret, or holds a key or credentials; a number or a switch is none."""
    if isinstance(value, str) and (PRIVATE_KEY in value or CREDENTIALS.search(value)):
        return True
    return bool(_SECRET_NAME.search(name)) and isinstance(value, (str, list, dict)) and bool(value)


def secrets_in(value: JsonValue, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Paths of what looks like a secret."""
    pairs: Iterable[tuple[str, JsonValue]] = ()
    if isinstance(value, dict):
        pairs = value.items()
    elif isinstance(value, list):
        pairs = ((str(number), one) for number, one in enumerate(value))
    for name, inner in pairs:
        if looks_secret(name, inner):
            yield (*path, name)
        else:
            yield from secrets_in(inner, (*path, name))
