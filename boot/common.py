"""What every server's boot document holds, whatever its role."""

from boot.document import RUN, BootDocument, script, step
from boot.file import File
from boot.hosts import hosts
from boot.monitoring.exporters import node_exporter
from boot.unit import unit, wanted
from settings.addresses import Role
from settings.stack import Settings

# Console lines, which `ops.ready` reads: the server's own services run; a boot step failed; what is still waited for;
# the server's SSH host key.
READY_MARKER = "MULTIPARTY-READY"
FAILED_MARKER = "MULTIPARTY-FAILED"
WAITING_MARKER = "MULTIPARTY-WAITING"
HOST_KEY_MARKER = "MULTIPARTY-HOST-KEY"

# Where Nova answers with the boot document, secrets and all (RFC 3927 link-local, the OpenStack metadata service).
METADATA_SERVICE = "169.254.169.254"
_GUARD_RULES = "/etc/multiparty/metadata-guard.nft"

# Not of multi-user.target: cloud-init ends after that, and they come after cloud-init.
_AFTER_CLOUD_INIT = ("metadata-guard.service", "multiparty-ready.service")


def common(settings: Settings, role: Role, ordinal: int = 1) -> BootDocument:
    """The part of a boot document that all roles share."""
    hostname = settings.server_name(role, ordinal)
    rtc = settings.env.meeting.rtc_ports
    own = BootDocument(
        hostname=hostname,
        ssh_public_key=settings.env.operators.ssh_public_key,
        packages=("nftables", "openssl"),
        files=(
            File("/etc/hosts", hosts(settings, hostname)),
            File("/etc/sysctl.d/60-multiparty.conf", f"net.ipv4.ip_local_reserved_ports = {rtc.min}-{rtc.max}\n"),
            # Package scripts must not start a service before its configuration is there; the first boot step ends this.
            File("/usr/sbin/policy-rc.d", "#!/bin/sh\nexit 101\n", "0755"),
            script("boot.sh", RUN),
            script("ready.sh", "/usr/local/sbin/multiparty-ready"),
            step("10-host"),
            *_metadata_guard(),
            _ready(),
            wanted("cloud-init.target", _AFTER_CLOUD_INIT),
        ),
        checks=("systemctl is-active --quiet metadata-guard",),
        environment={
            "READY_MARKER": READY_MARKER,
            "FAILED_MARKER": FAILED_MARKER,
            "WAITING_MARKER": WAITING_MARKER,
            "HOST_KEY_MARKER": HOST_KEY_MARKER,
            "GENERATION": str(settings.generation),
            "AFTER_CLOUD_INIT": " ".join(_AFTER_CLOUD_INIT),
        },
    )
    return own.adding(node_exporter(settings, role, ordinal))


def _metadata_guard() -> tuple[File, File]:
    """Closed to root as well, once cloud-init is done: a container on the host's network is root there."""
    return (
        File(
            _GUARD_RULES,
            "table inet metadata_guard {\n"
            "\tchain output {\n"
            "\t\ttype filter hook output priority 0; policy accept;\n"
            f"\t\tip daddr {METADATA_SERVICE} drop\n"
            "\t}\n"
            "}\n",
        ),
        unit(
            "metadata-guard.service",
            unit={
                "Description": "Close the metadata service: it serves the boot document",
                "After": "cloud-final.service",
            },
            service={
                "Type": "oneshot",
                "RemainAfterExit": "yes",
                "ExecStart": f"/usr/sbin/nft --file {_GUARD_RULES}",
                "ExecStop": "/usr/sbin/nft delete table inet metadata_guard",
            },
        ),
    )


def _ready() -> File:
    return unit(
        "multiparty-ready.service",
        unit={"Description": "Say on the console when this server's services run", "After": "cloud-final.service"},
        service={
            "Type": "oneshot",
            "ExecStart": "/usr/local/sbin/multiparty-ready",
            "TimeoutStartSec": "infinity",
        },
    )
