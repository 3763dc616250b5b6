"""An HAProxy of our own beside no other one: a name, a directory and a unit for one purpose."""

from boot.document import BootDocument, step
from boot.file import File
from boot.live import HOME
from boot.unit import RESTARTED, SANDBOX, Directives, daemon, unit

# What the haproxy.cfg of each begins with; its own timeouts follow.
BEGINNING = """\
global
    log stdout format raw local0 notice

defaults
    mode tcp
    log global
    timeout connect 1s
"""


def own_haproxy(name: str, description: str, configuration: str, environment: str = "") -> BootDocument:
    """What a server's boot document has more. The package's haproxy.service reads /etc/haproxy, and neither is used.

    Args:
        name: of the unit, and of the directory.
        description: what `systemctl` shows.
        configuration: the text of haproxy.cfg.
        environment: secrets that haproxy.cfg takes from the environment; empty for none.
    """
    service, home = f"{name}.service", f"{HOME}/{name}"
    login = f"{home}/auth.env"
    directives: Directives = {
        "Type": "exec",
        "User": "haproxy",
        "Group": "haproxy",
        **({"EnvironmentFile": login} if environment else {}),  # systemd reads it, as root
        "ExecStart": f"/usr/sbin/haproxy -db -f {home}/haproxy.cfg",
        **RESTARTED,
        **SANDBOX,
    }
    return BootDocument(
        hostname="",
        packages=("haproxy",),
        files=(
            File(f"{home}/haproxy.cfg", configuration),
            *([File(login, environment, "0600")] if environment else []),
            step("meeting/30-redis-proxy"),
            unit(service, unit=daemon(description), service=directives),
        ),
        units=(service,),
        checks=(f"systemctl is-active --quiet {service}",),
    )
