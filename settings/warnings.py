"""What is allowed but worth saying in the preview."""

from settings.capacity_warning import capacity_warning
from settings.monitoring import Monitoring
from settings.redis import Sentinel
from settings.stack import Settings

# Operators' networks that are wider are worth a word.
WIDE_OPERATORS = 24


def warnings(settings: Settings) -> list[str]:
    """Sentences for the operator; empty when there is nothing to say."""
    env = settings.env
    found = []
    if env.witness is None:
        found.append(
            f"environment {settings.environment} has two voters only: when either site is lost nobody can elect a new "
            "Redis master but a person, with `make promote`. Add a site with role witness in a third region."
        )
    if not settings.secrets.redis_user:
        found.append(
            "redis_fleet_password: Redis servers say the meeting servers' password, which so may do everything: "
            "make secrets ROTATE=redis_fleet_password"
        )
    if isinstance(env.redis, Sentinel) and env.redis.access == "plain":
        found.append(
            f"redis.access plain: meeting nodes know redis-{env.primary} only and follow no failover; when it is not "
            "the master no session is stored. Take access sentinel, or proxy."
        )
    if short := capacity_warning(settings):
        found.append(short)
    if not env.operators.cidrs:
        found.append(
            "no operators.cidrs: port 22 stays closed everywhere, so a changed configuration of an edge's daemons "
            "cannot be pushed and replaces the edge"
        )
    found += [
        f"operators.cidrs: {cidr} is {cidr.num_addresses} addresses that may try to log in: name smaller networks"
        for cidr in env.operators.cidrs
        if cidr.prefixlen < WIDE_OPERATORS
    ]
    missing = [site for site in env.sites if site not in (*env.deployed, settings.site)]
    if env.dns and missing:
        found.append(
            f"the zone {env.dns.zone} lacks {', '.join(missing)}: once their stacks are deployed, name them in "
            "`deployed` and run `pulumi up` for every stack"
        )
    if env.monitoring and settings.here.role == "witness":
        found += _unwatched(settings, env.monitoring)
    return found


def _unwatched(settings: Settings, monitoring: Monitoring) -> list[str]:
    """What nobody would notice all the same."""
    env = settings.env
    found = []
    if missing := [site for site in env.service_sites if site not in env.deployed]:
        found.append(
            f"monitoring does not watch {', '.join(missing)}: once their stacks are deployed, name them in `deployed` "
            f"and run `pulumi up --stack {settings.stack}`"
        )
    if not monitoring.dead_mans_switch:
        found.append(
            "monitoring.dead_mans_switch is off: nobody is told when the witness, and monitoring with it, is lost"
        )
    return found
