"""What every server's boot document holds, whatever its role."""

from boot.document import RUN, BootDocument, script, step
from boot.file import File
from boot.hosts import hosts
from boot.monitoring.exporters import node_exporter
from boot.unit import unit, unit_text, wanted
from settings.addresses import Role
from settings.stack import LOGIN, Settings

# Console lines, which `ops.ready` reads: the server's own services run; a boot step failed; what is still waited for;
# the server's SSH host key.
READY_MARKER = "MULTIPARTY-READY"
FAILED_MARKER = "MULTIPARTY-FAILED"
WAITING_MARKER = "MULTIPARTY-WAITING"
HOST_KEY_MARKER = "MULTIPARTY-HOST-KEY"

# Where Nova answers with the boot document, secrets and all (RFC 3927 link-local, the OpenStack metadata service).
METADATA_SERVICE = "169.254.169.254"
# The same by IPv6, as Neutron has it (neutron_lib.constants.METADATA_V6_IP).
METADATA_SERVICE_V6 = "fe80::a9fe:a9fe"
_GUARD_RULES = "/etc/multiparty/metadata-guard.nft"

# Not of multi-user.target: cloud-init ends after that, and this comes after cloud-init.
_AFTER_CLOUD_INIT = ("multiparty-ready.service",)
# How long journals are kept, and how much of them at the most: an edge's a daemon writes what it likes.
JOURNAL_DAYS = 14
# When a site installs Debian's security updates, which restart daemons: no two sites on one day, and a day between the
# first site and the other, for whoever is told of what went wrong.
_UPDATE_DAYS = {"primary": "Mon,Thu", "secondary": "Tue,Fri", "witness": "Wed,Sat"}
_UPDATE_HOUR = "03:00 UTC"
_JOURNAL_SIZE = "500M"


def common(settings: Settings, role: Role, ordinal: int = 1) -> BootDocument:
    """The part of a boot document that all roles share."""
    hostname = settings.server_name(role, ordinal)
    reserved = _reserved(settings, role)
    own = BootDocument(
        hostname=hostname,
        ssh_public_key=settings.env.operators.ssh_public_key,
        packages=("nftables", "openssl", "systemd-timesyncd"),
        files=(
            File("/etc/hosts", hosts(settings, hostname)),
            File("/etc/sysctl.d/60-multiparty.conf", f"net.ipv4.ip_local_reserved_ports = {reserved}\n"),
            # After a site's loss everybody installs at the same time: one answer that fails is no reason to give up.
            File("/etc/apt/apt.conf.d/80-multiparty", 'Acquire::Retries "5";\n'),
            # Package scripts must not start a service before its configuration is there; the first boot step ends this.
            File("/usr/sbin/policy-rc.d", "#!/bin/sh\nexit 101\n", "0755"),
            # The way to all servers leads through edges: there is nobody else, and nothing of the operator's machine.
            File(
                "/etc/ssh/sshd_config.d/60-multiparty.conf",
                f"AllowUsers {LOGIN}\nX11Forwarding no\nAllowAgentForwarding no\n",
            ),
            script("boot.sh", RUN),
            script("ready.sh", "/usr/local/sbin/multiparty-ready"),
            step("10-host"),
            *_metadata_guard(),
            *_updates(settings, role),
            _ready(),
            wanted("cloud-init.target", _AFTER_CLOUD_INIT),
            wanted("sysinit.target", ("metadata-guard.service",)),
            File(
                "/etc/systemd/journald.conf.d/60-multiparty.conf",
                f"[Journal]\nMaxRetentionSec={JOURNAL_DAYS}day\nSystemMaxUse={_JOURNAL_SIZE}\n",
            ),
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


def _reserved(settings: Settings, role: Role) -> str:
    """The ports that no connection of the server's own may take: of media everywhere, of a relay where one is."""
    meeting = settings.env.meeting
    media, relay = meeting.rtc_ports, meeting.relay
    relayed = f",{relay.ports.min}-{relay.ports.max}" if relay and role is Role.MEETING else ""
    return f"{media.min}-{media.max}{relayed}"


def _updates(settings: Settings, role: Role) -> tuple[File, ...]:
    """Of Debian's cloud image, which brings unattended-upgrades: when they run, or that they do not.

    Who boots a baked image is patched by a newer one.
    """
    on = settings.env.updates == "staggered" and settings.image_of(role).baked is None
    switch = File("/etc/apt/apt.conf.d/81-multiparty", f'APT::Periodic::Unattended-Upgrade "{int(on)}";\n')
    if not on:
        return (switch,)
    # Not made up for at a boot: a site that comes back has other things to do.
    when = f"OnCalendar=\nOnCalendar={_UPDATE_DAYS[settings.here.role]} {_UPDATE_HOUR}\nRandomizedDelaySec=1h\n"
    timer = "/etc/systemd/system/apt-daily-upgrade.timer.d/multiparty.conf"
    return (switch, File(timer, f"[Timer]\n{when}Persistent=false\n"))


def _metadata_guard() -> tuple[File, ...]:
    """Closed to root as well: a container on the host's network is root there.

    From the first boot step on, when cloud-init has read everything, and at later boots before there is a network: what
    cloud-init wants then is on the config drive.
    """
    again = f"/usr/sbin/nft --file {_GUARD_RULES}"
    return (
        File(
            _GUARD_RULES,
            # As often as it is read: the table is made anew.
            "table inet metadata_guard\n"
            "delete table inet metadata_guard\n"
            "table inet metadata_guard {\n"
            "\tchain output {\n"
            "\t\ttype filter hook output priority 0; policy accept;\n"
            f"\t\tip daddr {METADATA_SERVICE} drop\n"
            f"\t\tip6 daddr {METADATA_SERVICE_V6} drop\n"
            "\t}\n"
            "}\n",
        ),
        unit(
            "metadata-guard.service",
            unit={
                "Description": "Close the metadata service: it serves the boot document",
                "DefaultDependencies": "no",
                "Wants": "network-pre.target",
                "After": "local-fs.target systemd-modules-load.service",
                "Before": "network-pre.target shutdown.target",
                "Conflicts": "shutdown.target",
            },
            service={
                "Type": "oneshot",
                "RemainAfterExit": "yes",
                "ExecStart": again,
                "ExecStop": "/usr/sbin/nft delete table inet metadata_guard",
            },
        ),
        # Debian's service begins with `flush ruleset`.
        File(
            "/etc/systemd/system/nftables.service.d/multiparty.conf",
            unit_text(Service={"ExecStartPost": again, "ExecReload": again}),
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
