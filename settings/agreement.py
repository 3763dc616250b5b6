"""What the sites must agree on to reach each other: a change of it, site by site, keeps them apart meanwhile."""

from collections.abc import Mapping

from settings.environment import Environment

_APART = "each edge reaches only instances that are as it is, so that a site whose servers are replaced has none"
_REDIS_APART = "Redis servers and meeting servers reach only what is as they are; sessions are not carried over"


def agreement(env: Environment) -> dict[str, str]:
    """Each such setting's value, by its key in the environment."""
    return {
        "meeting.listening_port": str(env.meeting.listening_port),
        "backbone": f"{env.backbone.wire}, {env.backbone.cidr}",
        "redis.mode": env.redis.mode,
        "redis.tls": "true" if env.redis.tls else "false",
        **{f"sites.{name}.block": str(site.block) for name, site in env.sites.items()},
    }


def apart(deployed: Mapping[str, str], env: Environment) -> str:
    """What a change of them costs; empty when nothing of it changes.

    Args:
        deployed: what the site has now (`agreement`); empty before its first deployment, or from an older version.
        env: what the change sets.
    """
    wanted = agreement(env)
    # Versions that had no TLS did not say so.
    had = {"redis.tls": "false", **deployed} if deployed else {}
    changed = [key for key in wanted if key in had and had[key] != wanted[key]]
    words = ", ".join(f"{key} from {had[key]} to {wanted[key]}" for key in changed)
    reasons = dict.fromkeys(_REDIS_APART if key.startswith("redis.") else _APART for key in changed)
    return f"{words}: until every site has it, {'; '.join(reasons)}" if changed else ""
