"""systemd units."""

from collections.abc import Mapping, Sequence

from boot.file import File
from recovery.meeting import RESTART

Directives = Mapping[str, str | int | Sequence[str]]

# Whatever ends it, and at once.
RESTARTED: Directives = {"Restart": "always", "RestartSec": int(RESTART)}
# What every service of ours can live with; systemd.exec(5) has the words.
SANDBOX: Directives = {
    "NoNewPrivileges": "yes",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "PrivateDevices": "yes",
    "ProtectKernelTunables": "yes",
    "ProtectKernelModules": "yes",
    "ProtectKernelLogs": "yes",
    "ProtectControlGroups": "yes",
    "ProtectClock": "yes",
    "ProtectHostname": "yes",
    "RestrictAddressFamilies": "AF_INET AF_INET6 AF_UNIX AF_NETLINK",
    "RestrictNamespaces": "yes",
    "RestrictRealtime": "yes",
    "RestrictSUIDSGID": "yes",
    "LockPersonality": "yes",
    "SystemCallArchitectures": "native",
    "SystemCallFilter": "~@clock @cpu-emulation @debug @module @mount @obsolete @raw-io @reboot @swap",
    "ProtectProc": "invisible",
    "RemoveIPC": "yes",
    "CapabilityBoundingSet": "",
}


def unit(name: str, *, unit: Directives, service: Directives) -> File:
    """A unit file under /etc/systemd/system, where it takes the place of a package's unit of the same name."""
    return File(f"/etc/systemd/system/{name}", unit_text(Unit=unit, Service=service))


def unit_text(**sections: Directives) -> str:
    """The text of a unit file, section by section."""
    return "\n".join(f"[{name}]\n{_lines(directives)}" for name, directives in sections.items())


def daemon(description: str, *, after: str = "", config: str | None = None) -> Directives:
    """The [Unit] of a daemon: it needs the network and is started for ever.

    Args:
        description: its name, for the log.
        after: units that it waits for, beside the network.
        config: the file that has to be there; nothing is started before.
    """
    return {
        "Description": description,
        "Wants": "network-online.target",
        "After": f"network-online.target {after}".rstrip(),
        **({"ConditionPathExists": config} if config else {}),
        "StartLimitIntervalSec": 0,
    }


def wanted(target: str, units: Sequence[str]) -> File:
    """Has a target start units at every boot.

    `systemctl enable` would do the same, with a reload of systemd for each, and for names that have a SysV script too
    half a minute of update-rc.d.
    """
    return File(f"/etc/systemd/system/{target}.d/multiparty.conf", f"[Unit]\nWants={' '.join(units)}\n")


def _lines(directives: Directives) -> str:
    return "".join(
        f"{key}={value}\n"
        for key, values in directives.items()
        for value in ((values,) if isinstance(values, (str, int)) else values)
    )
