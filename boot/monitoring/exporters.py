"""What answers on the servers that are watched: node_exporter on each one's backbone address."""

from boot.document import BootDocument
from boot.unit import RESTARTED, SANDBOX, Directives, daemon, unit
from settings.addresses import Role
from settings.monitoring import NODE_PORT
from settings.stack import Settings

NODE_UNIT = "prometheus-node-exporter.service"
USER = "prometheus"  # of all of Debian's packages of exporters
# What a meeting node says of itself, file by file; how often it looks (seconds; an empty room stays for ten); and the
# name of the room that it opens, which is no meeting (boot/meeting/room_probe.py).
TEXT_FILES = "/run/multiparty-room"
LOOK = 30
PROBED_ROOM = "multiparty-readiness"
# What the rules ask for, and nothing else of the server.
_COLLECTORS = ("cpu", "filesystem", "loadavg", "meminfo", "netdev", "time", "uname")

# On the witness it is beside the third voter: of the two monitoring goes first.
SERVICE: Directives = {"User": USER, "Group": USER, **RESTARTED, "OOMScoreAdjust": 500, "MemoryMax": "10%"}


def node_exporter(settings: Settings, role: Role, ordinal: int = 1) -> BootDocument:
    """A server's figures for the witness; nothing where the environment has no monitoring."""
    if settings.env.monitoring is None:
        return BootDocument(hostname="")
    address = settings.backbone_address(role, ordinal)
    collectors = " ".join(f"--collector.{name}" for name in _COLLECTORS)
    if role is Role.MEETING:
        collectors += f" --collector.textfile --collector.textfile.directory={TEXT_FILES}"
    service: Directives = {
        "ExecStart": (
            f"/usr/bin/prometheus-node-exporter --web.listen-address={address}:{NODE_PORT} "
            f"--collector.disable-defaults {collectors}"
        ),
        **SERVICE,
        **SANDBOX,
    }
    return BootDocument(
        hostname="",
        packages=("prometheus-node-exporter",),
        files=(unit(NODE_UNIT, unit=daemon("Figures of this server"), service=service),),
        units=(NODE_UNIT,),
        checks=(f"systemctl is-active --quiet {NODE_UNIT}",),
    )
