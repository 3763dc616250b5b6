"""How a meeting node looks at itself: it opens a room as a browser does, to be ready, and for monitoring ever after."""

import json

from boot.document import BootDocument, script
from boot.file import File
from boot.meeting.config_js import redis_options
from boot.meeting.service import SEED
from boot.monitoring.exporters import LOOK, TEXT_FILES
from boot.unit import SANDBOX, Directives, unit, unit_text
from settings.secrets import FLEET_NAME
from settings.stack import Settings

PROGRAM = "/usr/local/sbin/multiparty-room"
_SETTINGS = f"{SEED}/room-probe.json"
_NAME = "multiparty-room"
# What the program is laid upon, where Redis is spoken to by TLS.
_IN_CLEAR = "/usr/local/lib/multiparty/room_probe.py"


def room(settings: Settings) -> BootDocument:
    """The program, what it needs to know, and where there is monitoring its timer."""
    options = redis_options(settings)
    asked = {
        "authority": f"{SEED}/fleet.pem",
        "cookie": settings.env.meeting.cookie_name,
        "name": FLEET_NAME,
        "port": settings.env.meeting.listening_port,
        "redis": options | ({"authority": f"{SEED}/fleet.pem"} if "tls" in options else {}),
    }
    programs = [script("meeting/room_probe.py", PROGRAM)]
    if "tls" in options:
        programs = [script("meeting/room_probe_tls.py", PROGRAM), script("meeting/room_probe.py", _IN_CLEAR)]
    own = BootDocument(
        hostname="",
        files=(
            *programs,
            File(_SETTINGS, json.dumps(asked, indent=2, sort_keys=True) + "\n", "0600"),
        ),
        checks=(PROGRAM,),
    )
    return own.adding(_looking()) if settings.env.monitoring else own


def _looking() -> BootDocument:
    """Figures for node_exporter, which reads them from a directory."""
    service: Directives = {
        "Type": "oneshot",
        "ExecStart": f"{PROGRAM} --figures {TEXT_FILES}/room.prom",
        "RuntimeDirectory": _NAME,
        "RuntimeDirectoryMode": "0755",
        "RuntimeDirectoryPreserve": "yes",
        **SANDBOX,
    }
    timer: Directives = {"OnActiveSec": LOOK, "OnUnitInactiveSec": LOOK, "AccuracySec": 1}
    return BootDocument(
        hostname="",
        files=(
            unit(f"{_NAME}.service", unit={"Description": "Open a room, for monitoring"}, service=service),
            File(
                f"/etc/systemd/system/{_NAME}.timer",
                unit_text(Unit={"Description": "Open a room again and again"}, Timer=timer),
            ),
        ),
        units=(f"{_NAME}.timer",),
    )
