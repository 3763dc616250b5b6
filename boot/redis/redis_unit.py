"""What Redis servers have in common, with Sentinel or in a cluster: units, the password, the readiness checks."""

from boot.file import File
from boot.fleet_tls import OF_REDIS
from boot.unit import RESTARTED, SANDBOX, Directives, daemon, unit
from settings.stack import Settings

SEED = "/etc/multiparty/redis"
AUTH = f"{SEED}/auth.env"  # for redis-cli, whose command line everybody may read


def auth_file(settings: Settings) -> File:
    """The password in redis-cli's own variable; `AS`: the user and TLS, which redis-cli is told by arguments alone."""
    user = settings.secrets.redis_user
    words = ["--user", user] if user else []
    words += ["--tls", "--cacert", OF_REDIS] if settings.env.redis.tls else []
    # Quoted: sh would take a `~` at the beginning for a directory.
    text = f"REDISCLI_AUTH='{settings.secrets.redis_fleet_passwords[0]}'\nAS='{' '.join(words)}'\n"
    return File(AUTH, text, "0600")


def ping_checks(*ports: int) -> tuple[str, ...]:
    """Ready once a process on each port answers; masters, votes and slots need the other sites."""
    return tuple(f". {AUTH}; export REDISCLI_AUTH; redis-cli $AS -p {port} ping | grep -q PONG" for port in ports)


def redis_unit(
    name: str, *, description: str, arguments: str, writes: str, after: str = "", before: str = "", then: str = ""
) -> File:
    """A unit that runs redis-server, which is Sentinel's program too.

    Args:
        name: the unit's, with or without a package's unit of the same name.
        description: what `systemctl` shows.
        arguments: the configuration file, and what comes after it.
        writes: the directory that is the daemon's own.
        after: units that start first.
        before: a script to run before every start.
        then: one to run once it has started.
    """
    service: Directives = {
        "Type": "notify",
        "User": "redis",
        "Group": "redis",
        "UMask": "0077",
        # "+": as root, to read the password. Asked before every start, so that a node that returns joins as a replica.
        **({"ExecStartPre": f"+{before}"} if before else {}),
        "ExecStart": f"/usr/bin/redis-server {arguments} --daemonize no",
        **({"ExecStartPost": f"+{then}"} if then else {}),
        **RESTARTED,
        # An empty node that is named master waits as long as it takes; systemd must not give up on it.
        "TimeoutStartSec": "infinity",
        "LimitNOFILE": 65536,
        # The others of the server go first: on the witness monitoring, which is larger the more there is to tell.
        "OOMScoreAdjust": -900,
        "ReadWritePaths": writes,
        **SANDBOX,
    }
    return unit(
        name,
        unit=daemon(description, after=after),
        service=service,
    )
