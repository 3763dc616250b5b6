"""systemd units."""

from collections.abc import Mapping, Sequence

from boot.document import File

Directives = Mapping[str, str | int | Sequence[str]]

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
    "CapabilityBoundingSet": "",
}


def unit(name: str, *, unit: Directives, service: Directives, wanted_by: str = "multi-user.target") -> File:
    """A unit file under /etc/systemd/system, where it takes the place of a package's unit of the same name."""
    sections = (("Unit", unit), ("Service", service), ("Install", {"WantedBy": wanted_by}))
    text = "\n".join(f"[{title}]\n{_lines(directives)}" for title, directives in sections)
    return File(f"/etc/systemd/system/{name}", text)


def _lines(directives: Directives) -> str:
    return "".join(
        f"{key}={value}\n"
        for key, values in directives.items()
        for value in ((values,) if isinstance(values, (str, int)) else values)
    )
