"""What tells the edges whether a meeting node takes new rooms."""

from boot.document import BootDocument, script
from boot.unit import RESTARTED, SANDBOX, Directives, daemon, unit
from settings.addresses import Role
from settings.meeting import LOAD_PORT
from settings.stack import Settings

UNIT = "node-load.service"
_PROGRAM = "/usr/local/sbin/node-load"


def load(settings: Settings, ordinal: int) -> BootDocument:
    """The program and its unit; with affinity or without, which replaces no server."""
    service: Directives = {
        # Debian's own, who has no file.
        "User": "daemon",
        "ExecStart": f"{_PROGRAM} {settings.backbone_address(Role.MEETING, ordinal)} {LOAD_PORT}",
        **RESTARTED,
        **SANDBOX,
        # Each gives it a /proc of its own, which is the machine's and not the container's that a node may be. Without a
        # capability it writes neither kernel settings nor cgroups.
        **dict.fromkeys(("ProtectKernelTunables", "ProtectControlGroups"), "no"),
        "ProtectProc": "default",
    }
    return BootDocument(
        hostname="",
        files=(
            script("meeting/node_load.py", _PROGRAM),
            unit(UNIT, unit=daemon("Whether this node takes new rooms"), service=service),
        ),
        units=(UNIT,),
        checks=(f"systemctl is-active --quiet {UNIT}",),
    )
