"""What is allowed but worth saying in the preview."""

from settings.backbone import VrackBackbone
from settings.capacity_warning import capacity_warning
from settings.monitoring import Monitoring
from settings.redis import Sentinel
from settings.stack import Settings

# Members of a server group, in OVHcloud's quota of a new project.
GROUP_MEMBERS = 10
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
    if isinstance(env.backbone, VrackBackbone):
        found += _of_ovh(settings)
    if env.monitoring and settings.here.role == "witness":
        found += _unwatched(settings, env.monitoring)
    return found


def _of_ovh(settings: Settings) -> list[str]:
    """Limits that OVHcloud sets and no look-up of a preview shows."""
    found = []
    if (nodes := settings.here.meeting_nodes) > GROUP_MEMBERS and settings.here.role != "witness":
        found.append(
            f"{nodes} meeting_nodes: a server group of OVHcloud's has {GROUP_MEMBERS} members unless its quota was "
            "raised, and the next server is refused: `openstack quota show`"
        )
    mail = settings.env.monitoring.mail if settings.env.monitoring else None
    if mail and settings.here.role == "witness" and mail.smarthost.endswith(":25"):
        found.append("monitoring.mail.smarthost: OVHcloud may close port 25 on the way out: take 587")
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
