"""Which secrets a stack's settings call for, and what is wrong with those that it has; never with a value."""

import json
from collections import Counter
from typing import Any

from settings.delivery import Container
from settings.environment import Environment
from settings.pair import misfit
from settings.passed_through import passed_through_rules
from settings.secrets import STAND_INS, Secrets
from settings.section import Refusal
from settings.types import SiteName


def secret_rules(secrets: Secrets, env: Environment, *, stack: str, site: SiteName) -> list[Refusal]:
    """What is missing, and a relay's certificate that is not for its names.

    Args:
        secrets: the stack's.
        env: its environment.
        stack: its name, for what to do.
        site: the environment's site that it is.
    """
    return [
        Refusal((key,), None, f"is needed: {why}; pulumi config set --secret {key} --stack {stack}")
        for key, why in _needed(env, witness=env.sites[site].role == "witness").items()
        if getattr(secrets, key) is None
    ] + _relay_certificate_rules(secrets, env, site)


def _needed(env: Environment, *, witness: bool) -> dict[str, str]:
    """Beside those that every stack has: why, by key."""
    needs: dict[str, str] = {}
    if env.edge.certificate.type == "provided":
        needs |= dict.fromkeys(("edge_certificate", "edge_key"), "the edge's certificate is your own")
    if env.meeting.turn:
        needs["turn_credential"] = "TURN servers are set"
    if env.meeting.relay and env.meeting.relay.certificate == "provided" and not witness:
        needs |= dict.fromkeys(("relay_certificate", "relay_key"), "the relay's certificate is your own")
    if isinstance(env.meeting.delivery, Container) and env.meeting.delivery.registry_user:
        needs["registry_password"] = "a registry user is set"  # noqa: S105 - a reason, not a password
    if env.monitoring and witness:
        needs |= env.monitoring.secrets
    return needs


def _relay_certificate_rules(secrets: Secrets, env: Environment, site: SiteName) -> list[Refusal]:
    """Browsers give up a TURN server whose certificate is not for its name."""
    relay, certificate, key = env.meeting.relay, secrets.relay_certificate, secrets.relay_key
    if relay is None or relay.certificate != "provided" or not (certificate and key):
        return []
    if certificate.get_secret_value() == STAND_INS["relay_certificate"]:
        return []
    why = misfit(certificate.get_secret_value(), key.get_secret_value(), env.relay_names(site))
    return [Refusal(("relay_certificate",), None, why)] if why else []


class _TwiceError(ValueError):
    """A key stands in an object twice, and only one of its values would count."""


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    twice = [key for key, count in Counter(key for key, _ in pairs).items() if count > 1]
    if twice:
        raise _TwiceError(twice[0])
    return dict(pairs)


def meeting_config_rules(text: str) -> list[Refusal]:
    """Of the server's own secrets, which are JSON."""
    try:
        given = json.loads(text, object_pairs_hook=_each_once)
        json.dumps(given, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        return [Refusal(("meeting_config",), None, f"must be JSON: {error.msg} at character {error.pos}")]
    except _TwiceError as error:
        return [Refusal(("meeting_config",), None, f"has the key {error} twice")]
    except RecursionError:
        return [Refusal(("meeting_config",), None, "is nested too deep")]
    except UnicodeEncodeError:
        return [Refusal(("meeting_config",), None, "has half a character, as \\ud800: no file can hold it")]
    if not isinstance(given, dict):
        return [Refusal(("meeting_config",), None, 'must be keys of config.js: {"auth": {...}}')]
    return passed_through_rules(("meeting_config",), given, clear=False)
