"""/etc/hosts: the seed's fixed names. Meeting nodes beyond the first have none, so that one more changes no file."""

from settings.addresses import Role
from settings.stack import Settings


def hosts(settings: Settings, hostname: str) -> str:
    """The text of /etc/hosts."""
    env = settings.env
    lines = ["127.0.0.1 localhost", f"127.0.1.1 {hostname}", "::1 localhost ip6-localhost ip6-loopback"]
    for site in env.service_sites:
        redis = settings.backbone_address(Role.REDIS, site=site)
        lines += [
            f"{settings.backbone_address(Role.EDGE, site=site)} {site}-edge",
            f"{settings.backbone_address(Role.MEETING, site=site)} {site}-instance",
            f"{redis} redis-{site} redis-master-{site} redis-sentinel-{site}",
        ]
    if env.witness:
        witness = settings.backbone_address(Role.WITNESS, site=env.witness)
        lines.append(f"{witness} redis-{env.witness} redis-sentinel-{env.witness}")
    return "".join(f"{line}\n" for line in lines)
