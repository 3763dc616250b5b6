"""A meeting server from an archive: Debian's Node.js, as a user of its own."""

from boot.document import BootDocument, step
from boot.file import File
from boot.meeting.service import HOME, RESTART, SERVICE, UNIT, USER
from boot.unit import SANDBOX, Directives, unit
from settings.delivery import Archive
from settings.stack import Settings


def archive(settings: Settings, delivery: Archive) -> BootDocument:
    """What a meeting node has more when its server comes as an archive."""
    kind = settings.env.meeting.kind
    service: Directives = {
        "User": USER,
        "WorkingDirectory": f"{HOME}/server",
        "Environment": "NODE_ENV=production",
        "ExecStart": f"/usr/bin/node {kind.program}",
        **RESTART,
        **SANDBOX,
    }
    return BootDocument(
        hostname="",
        packages=("nodejs", "curl"),
        files=(
            File("/etc/sysusers.d/multiparty-meeting.conf", f'u {USER} - "Meeting server" {HOME}\n'),
            unit(SERVICE, unit=UNIT, service=service),
            step("meeting/30-meeting-archive"),
            step("meeting/40-meeting-config"),
        ),
        environment={
            "ARCHIVE_URL": delivery.url,
            "ARCHIVE_SHA256": delivery.sha256,
            "CONFIG_PATH": f"{HOME}/server/{kind.config}/config.js",
            "PUBLIC_DIR": f"{HOME}/server/{kind.public}",
            "SERVER_HOME": HOME,
            "SERVICE_USER": USER,
        },
    )
