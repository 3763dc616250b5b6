"""One region of the lab with servers that boot: a client of its API, and of its servers."""

import socket
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from openstack.compute.v2.server import Server

from lab import Lab
from lab.cloud.layout import BAKED_IMAGE
from lab.outages import connect
from tests.unit.waiting import eventually

SECONDS = 180  # on a machine that does much else beside
READY = "server is ready"
USER_DATA = f"""#cloud-config
ssh_authorized_keys: [{{key}}]
runcmd: ["echo {READY} >/dev/console"]
"""


@dataclass
class Region:
    """A region, with a network behind a router, and a security group that lets SSH and pings in.

    The calling thread is in the lab's network.
    """

    lab: Lab
    name: str
    directory: Path
    addresses: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.cloud = connect(self.name)
        self.identity = self.directory / "identity"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.identity], check=True)
        network = self.cloud.network
        self.network = network.create_network(name="servers")
        subnet = network.create_subnet(
            name="servers", network_id=self.network.id, ip_version=4, cidr="10.9.0.0/24", enable_dhcp=True
        )
        self.external = network.find_network("Ext-Net", ignore_missing=False)
        gateway = {"network_id": self.external.id}
        router = network.create_router(name="servers", external_gateway_info=gateway)
        network.add_interface_to_router(router, subnet=subnet.id)
        self.group = network.create_security_group(name="servers")
        for more in ({"protocol": "tcp", "port_range_min": 22, "port_range_max": 22}, {"protocol": "icmp"}):
            self.allow(**more)

    def allow(self, **rule: object) -> None:
        """One rule more of the servers' security group."""
        self.cloud.network.create_security_group_rule(
            security_group_id=self.group.id, direction="ingress", ethertype="IPv4", **rule
        )

    def create(self, name: str, image: str = BAKED_IMAGE, flavor: str = "d2-2") -> Server:
        """A server with a floating IP, ready."""
        key = self.identity.with_suffix(".pub").read_text().strip()
        port = self.cloud.network.create_port(network_id=self.network.id, security_groups=[self.group.id])
        found = self.cloud.image.find_image(image, ignore_missing=False)
        made = self.cloud.create_server(
            name,
            image=found.id,
            flavor=flavor,
            nics=[{"port-id": port.id}],
            config_drive=True,
            userdata=USER_DATA.format(key=key),
            auto_ip=False,
            wait=False,
        )
        address = self.cloud.network.create_ip(floating_network_id=self.external.id, port_id=port.id)
        self.addresses[name] = address.floating_ip_address
        self.wait(made, "ACTIVE")
        eventually(lambda: self.console(made), lambda text: READY in text, seconds=SECONDS, what=f"{name} is ready")
        return made

    def console(self, server: Server) -> str:
        """The end of its console log."""
        return str(self.cloud.compute.get_server_console_output(server.id)["output"])

    def status(self, server: Server) -> str:
        """What Nova says of it."""
        return str(self.cloud.compute.get_server(server.id).status)

    def wait(self, server: Server, status: str) -> None:
        """Until Nova says a status, and does nothing with the server any more."""

        def look() -> tuple[str, str | None]:
            found = self.cloud.compute.get_server(server.id)
            return found.status, found.task_state

        eventually(look, (status, None).__eq__, seconds=SECONDS, what=f"{server.name} is {status}")

    def shell(self, server: Server, command: str, *, check: bool = True) -> str:
        """Run a command as root on a server; its output."""
        done = self._ssh(server, command)
        assert not check or done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout.strip()

    def answers(self, server: Server) -> None:
        """Until it takes a login."""
        eventually(
            lambda: self._ssh(server, "true").returncode, (0).__eq__, seconds=SECONDS, what=f"{server.name} answers"
        )

    def dial(self, server: Server, port: int = 22) -> socket.socket:
        """A connection to its floating IP that waits two seconds for whatever it waits for."""
        return socket.create_connection((self.addresses[server.name], port), timeout=2)

    def _ssh(self, server: Server, command: str) -> "subprocess.CompletedProcess[str]":
        options = ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR"]
        # One that was let in as its server went down hears no end of it.
        options += ["ConnectTimeout=2", "ServerAliveInterval=2", "ServerAliveCountMax=3"]
        argv = ["ssh", "-i", str(self.identity), *(f"-o{option}" for option in options)]
        argv += [f"debian@{self.addresses[server.name]}", f"sudo sh -c '{command}'"]
        return subprocess.run(argv, capture_output=True, text=True, check=False, timeout=SECONDS)
