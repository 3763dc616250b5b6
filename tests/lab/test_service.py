"""What the deployed service promises, from a client's side."""

import asyncio
import json
import re
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address

import pytest

from drill.clients.participant import Participant
from fleet import https as probes
from fleet.fleet import Fleet
from lab.cloud.layout import SERVICES_HOST
from lab.deployment import Deployment
from lab.workspace import DOMAIN
from tests.lab.conftest import Shell, edge, meetings, through
from tests.lab.in_service import whole
from tests.lab.waiting import eventually

pytestmark = [pytest.mark.lab, pytest.mark.timeout(2400)]

# Long enough for four SYNs (after 0, 1, 3 and 7 s): a lost packet is not taken for a closed port, nor a busy server.
SILENCE_SECONDS = 10


@pytest.fixture(scope="module", autouse=True)
def found_whole(deployment: Deployment, fleet: Fleet) -> None:
    """The servers have just been made."""
    whole(deployment, fleet)


@pytest.mark.parametrize("site", ["gra", "sbg"])
def test_health_answers_through_both_edges(deployment: Deployment, fleet: Fleet, site: str) -> None:
    """Each edge serves the domain with a certificate that verifies, and both route to GRA first."""

    def answered() -> str:
        answer = probes.ask(str(edge(fleet, site).public_address), DOMAIN, authority=deployment.authority)
        return f"{answer.status} from {answer.headers.get('x-instance', '')}"

    # Other files of this folder may just have given an instance back.
    eventually(answered, f"200 from {meetings(fleet, 'gra')[0].name}", deadline=90, what=f"GRA through {site}'s edge")


@pytest.mark.parametrize("site", ["gra", "sbg"])
def test_announced_ip_is_the_nodes_own_floating_ip(fleet: Fleet, shell: Shell, site: str) -> None:
    """config.js on each server, as Node reads it, announces that server's public address."""
    read = "sudo node -p 'JSON.stringify(require(\"/opt/multiparty-meeting/server/config/config.js\").mediasoup)'"
    for node in meetings(fleet, site):
        mediasoup = json.loads(shell(node.name, read))
        assert mediasoup["webRtcTransport"]["listenIps"] == [{"ip": "0.0.0.0", "announcedIp": node.public_address}]
        assert (mediasoup["worker"]["rtcMinPort"], mediasoup["worker"]["rtcMaxPort"]) == (40000, 49999)


def test_a_room_opens_on_each_instance(fleet: Fleet, shell: Shell) -> None:
    """Asked on the server itself, as its readiness and monitoring do; past the edges, so that no table learns of it."""
    for node in fleet.of("meeting"):
        assert shell(node.name, "sudo multiparty-room") == "a room opens, with audio and video\n"


def test_media_reach_the_announced_address(deployment: Deployment, fleet: Fleet) -> None:
    """A WebRTC client on the outside joins through an edge and exchanges messages with the announced address."""
    edge_of_gra = through(deployment, fleet, "gra")

    async def attend() -> tuple[str, str]:
        # On a lab that is used again the edges may remember another instance.
        async with Participant(edge_of_gra, f"room-of-media-{time.time_ns()}", "peer-1") as participant:
            connected = await participant.log.wait_for("media-connected", timeout=60)
            await participant.log.wait_for("media-flowing", timeout=60)
            return participant.instance, str(connected.fields["selected"])

    instance, address = asyncio.run(attend())
    selected = re.fullmatch(r"(?P<protocol>udp|tcp) (?P<ip>[\d.]+):(?P<port>\d+)", address)
    assert selected
    (node,) = (server for server in meetings(fleet, "gra") if server.name == instance)
    assert selected["ip"] == node.public_address
    assert 40000 <= int(selected["port"]) <= 49999


def test_a_session_is_valid_through_the_other_edge(deployment: Deployment, fleet: Fleet) -> None:
    """The cookie that one edge's answer sets opens the same session through the other edge, on either instance."""
    first = probes.ask(str(edge(fleet, "gra").public_address), DOMAIN, "/session", authority=deployment.authority)
    cookie = first.headers["set-cookie"].split(";")[0]
    assert cookie.startswith("multiparty-meeting.sid=")
    second = probes.ask(
        str(edge(fleet, "sbg").public_address), DOMAIN, "/session", authority=deployment.authority, cookie=cookie
    )
    assert json.loads(second.body)["sid"] == json.loads(first.body)["sid"]
    assert json.loads(second.body)["views"] == json.loads(first.body)["views"] + 1


def test_nothing_but_the_rules_ports_answer(fleet: Fleet) -> None:
    """From an address that is no operator's, only the rules' ports answer; nothing on others for ten seconds.

    It asks the ports that services listen on, and some beside; it cannot ask all 65,535 of each server.
    """
    asked = [22, 53, 80, 443, 2019, 3080, 3443, 6379, 8080, 8889, 9090, 9100, 26379, 39999, 50000]
    expected = {"edge": {53, 80, 443}, "meeting": set(), "witness": {53}}
    servers = [server for server in fleet.servers if server.public_address]
    assert len(servers) == 6
    answering = asyncio.run(_answering({str(s.public_address): asked for s in servers}))
    for server in servers:
        assert answering[str(server.public_address)] == expected[server.role], server.name


def test_an_operator_reaches_one_instance(fleet: Fleet) -> None:
    """From an operator's address, 3443 of a meeting node answers too."""
    for node in meetings(fleet, "gra"):
        socket.create_connection((str(node.public_address), 3443), timeout=10).close()


def test_metadata_service_is_closed_and_media_ports_are_reserved(fleet: Fleet, shell: Shell) -> None:
    """After boot not even root gets at the boot document, and no outgoing connection takes a media port."""
    asked = (
        "sudo curl --silent --max-time 3 http://169.254.169.254/openstack/latest/user_data; echo status $?; "
        "cat /proc/sys/net/ipv4/ip_local_reserved_ports"
    )
    with ThreadPoolExecutor(len(fleet.servers)) as logins:
        answers = dict(zip(fleet.servers, logins.map(lambda one: shell(one.name, asked), fleet.servers), strict=True))
    for server, answer in answers.items():
        # curl's 28: no answer in time, as the guard drops; 22 or 0 would be the service's.
        assert answer.splitlines()[-2:] == ["status 28", "40000-49999"], server.name


def test_witness_booted_as_a_stock_image_does(fleet: Fleet, shell: Shell) -> None:
    """cloud-init rendered both network cards of the witness and installed Redis from the package source."""
    (witness,) = fleet.of("witness")
    addresses = shell(witness.name, "ip -brief -4 address show scope global").split()
    found = {str(ip_address(word.split("/")[0])) for word in addresses if "/" in word}
    assert witness.backbone_address in found
    assert len(found) == 2
    installed = shell(witness.name, "grep -c 'install redis-server' /var/log/dpkg.log || true").strip()
    assert int(installed) >= 1


async def _answering(asked: dict[str, list[int]]) -> dict[str, set[int]]:
    async def answers(address: str, port: int) -> bool:
        try:
            async with asyncio.timeout(SILENCE_SECONDS):
                _, writer = await asyncio.open_connection(address, port, local_addr=(SERVICES_HOST, 0))
        except OSError:
            return False
        writer.close()
        return True

    pairs = [(address, port) for address, ports in asked.items() for port in ports]
    results = await asyncio.gather(*(answers(*pair) for pair in pairs))
    found: dict[str, set[int]] = {address: set() for address in asked}
    for (address, port), yes in zip(pairs, results, strict=True):
        if yes:
            found[address].add(port)
    return found
