"""What a meeting node has more with `meeting.relay`."""

from ipaddress import IPv4Address

from boot.document import BootDocument, script, step
from boot.file import File
from boot.meeting.relay.turnserver_conf import CERTIFICATE, DIRECTORY, USER, guard, turnserver_conf
from boot.meeting.service import SEED
from boot.monitoring.exporters import LOOK, TEXT_FILES
from boot.unit import RESTARTED, SANDBOX, Directives, daemon, unit, unit_text
from settings.addresses import Role
from settings.relay import CERTIFICATES_PORT, CHALLENGE_PORT, Relay
from settings.secrets import FLEET_NAME
from settings.stack import Settings

SERVICE = "coturn.service"
PROGRAM = "/usr/local/sbin/multiparty-relay"
_FETCH = f"{PROGRAM}-certificate"
_LOAD_GUARD = f"/usr/sbin/nft --file {DIRECTORY}/guard.nft"
# An allocation takes some 20 kB, by TLS 60: room for thousands, and the SFU beside it keeps the rest.
_MEMORY = "25%"


def relay_node(settings: Settings, relay: Relay, ordinal: int, announced_ip: IPv4Address) -> BootDocument:
    """The relay of meeting node `ordinal`, whose public address is `announced_ip`."""
    name = settings.env.relay_names(settings.site)[ordinal - 1]
    rtc, edge = settings.env.meeting.rtc_ports, settings.backbone_address(Role.EDGE)
    own = BootDocument(
        hostname="",
        packages=("coturn", "curl"),
        files=(
            File(f"{SEED}/turnserver.conf", turnserver_conf(relay, name, announced_ip)),
            File(f"{DIRECTORY}/guard.nft", guard(rtc, announced_ip)),
            # Debian's service begins with `flush ruleset`.
            File(
                "/etc/systemd/system/nftables.service.d/multiparty-relay.conf",
                unit_text(Service={"ExecStartPost": _LOAD_GUARD, "ExecReload": _LOAD_GUARD}),
            ),
            step("meeting/relay/45-relay"),
            script("meeting/relay/certificate.sh", _FETCH),
            script("meeting/relay/relay_probe.py", PROGRAM),
            unit(SERVICE, unit=_UNIT, service=_service(settings, announced_ip)),
            *_looking(settings, name),
        ),
        units=(SERVICE, "multiparty-relay.timer"),
        environment={
            "RELAY": DIRECTORY,
            "RELAY_USER": USER,
            "RELAY_NAME": name,
            "RELAY_EDGE": str(edge),
            "RELAY_URL": f"https://{FLEET_NAME}:{CERTIFICATES_PORT}/{name}",
        },
    )
    return own.adding(_challenges(edge)) if relay.certificate == "acme" else own


# Without a certificate there is nothing to start; whoever fetches it starts it.
_UNIT = daemon("TURN for this server's own instance", config=CERTIFICATE)


def _service(settings: Settings, announced_ip: IPv4Address) -> Directives:
    # "+": as root. Behind a gateway the public address is on no card of the server: it is put on loopback, so that what
    # is relayed to the own instance never leaves the server.
    own = (f"+/usr/sbin/ip address replace {announced_ip}/32 dev lo",)
    return {
        "Type": "notify",
        "User": USER,
        "Group": USER,
        "ExecStartPre": (*(own if settings.public_address == "floating-ip" else ()), f"+{_LOAD_GUARD}"),
        "ExecStart": f"/usr/bin/turnserver -c {DIRECTORY}/turnserver.conf",
        # It takes its certificate anew, and goes on relaying.
        "ExecReload": "/bin/kill -USR2 $MAINPID",
        "RuntimeDirectory": "coturn",
        **RESTARTED,
        "LimitNOFILE": 65536,
        "MemoryMax": _MEMORY,
        **SANDBOX,
        "AmbientCapabilities": "CAP_NET_BIND_SERVICE",
        "CapabilityBoundingSet": "CAP_NET_BIND_SERVICE",
    }


def _looking(settings: Settings, name: str) -> tuple[File, File]:
    """Again and again: is there another certificate, and with monitoring, does the relay allocate?"""
    figures = f"{PROGRAM} {name} {TEXT_FILES}/relay.prom"
    service: Directives = {
        "Type": "oneshot",
        "ExecStart": (f"-{_FETCH}", *((figures,) if settings.env.monitoring else ())),
        "RuntimeDirectory": TEXT_FILES.rpartition("/")[2],
        "RuntimeDirectoryPreserve": "yes",
        # What of the sandbox matters to root without capabilities: a document has little room left.
        **{key: SANDBOX[key] for key in ("NoNewPrivileges", "ProtectSystem", "ProtectHome", "PrivateTmp")},
        "ReadWritePaths": DIRECTORY,
        "CapabilityBoundingSet": "CAP_CHOWN",
    }
    timer: Directives = {"OnActiveSec": 1, "OnUnitInactiveSec": LOOK, "AccuracySec": 1}
    about = {"Description": "The relay's certificate, and a look at it"}
    return (
        unit("multiparty-relay.service", unit=about, service=service),
        File("/etc/systemd/system/multiparty-relay.timer", unit_text(Unit=about, Timer=timer)),
    )


def _challenges(edge: IPv4Address) -> BootDocument:
    """The authority's question for the node's name (HTTP-01) goes to this site's edge, which has asked for it."""
    about = {"Description": "ACME challenges of the relay's name, led to the edge"}
    service: Directives = {
        "ExecStart": f"/lib/systemd/systemd-socket-proxyd --connections-max=64 {edge}:{CHALLENGE_PORT}",
        # With it come NoNewPrivileges, ProtectSystem, PrivateTmp and RemoveIPC.
        "DynamicUser": "yes",
        "CapabilityBoundingSet": "",
    }
    return BootDocument(
        hostname="",
        files=(
            unit("relay-challenge.service", unit=about, service=service),
            File(
                "/etc/systemd/system/relay-challenge.socket",
                unit_text(Unit=about, Socket={"ListenStream": f"0.0.0.0:{CHALLENGE_PORT}"}),
            ),
        ),
        units=("relay-challenge.socket",),
    )
