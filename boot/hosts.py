"""/etc/hosts: the requirements' fixed names. Meeting nodes beyond the first have none: one more changes no file."""

from settings.addresses import Role
from settings.redis import Cluster
from settings.stack import Settings


def hosts(settings: Settings, hostname: str) -> str:
    """The text of /etc/hosts."""
    env = settings.env
    lines = ["127.0.0.1 localhost", f"127.0.1.1 {hostname}", "::1 localhost ip6-localhost ip6-loopback"]
    cluster = isinstance(env.redis, Cluster)
    for site, redis in settings.redis_addresses.items():
        if site in env.service_sites:
            lines += [
                f"{settings.backbone_address(Role.EDGE, site=site)} {site}-edge",
                f"{settings.backbone_address(Role.MEETING, site=site)} {site}-instance",
            ]
        # In a cluster every site has a master, the witness too, and there are no Sentinels.
        names = [f"redis-{site}"]
        names += [f"redis-master-{site}"] if cluster or site in env.service_sites else []
        names += [] if cluster else [f"redis-sentinel-{site}"]
        lines.append(f"{redis} {' '.join(names)}")
    return "".join(f"{line}\n" for line in lines)
