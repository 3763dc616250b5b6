"""The certificate of an edge has run out: every name leads to the other edge, and back once it has a good one."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from boot.edge.tls import DIRECTORY
from drill.clients.attendance import Attendance
from fleet.certificates import self_signed
from fleet.fleet import Fleet
from lab.deployment import Deployment
from lab.workspace import DOMAIN, STACKS
from tests.lab.conftest import Shell, edge, through
from tests.lab.in_service import whole
from tests.lab.names import BACK_SECONDS, LOST_SECONDS, addresses, all_say

pytestmark = [pytest.mark.lab, pytest.mark.timeout(600)]

_RELOAD = "sudo systemctl reload caddy"


@contextmanager
def run_out(shell: Shell, server: str) -> Iterator[None]:
    """An edge with a certificate that ended as it was made, and with its own again."""
    old = self_signed(DOMAIN, days=0)
    shell(server, f"sudo cp --archive {DIRECTORY} {DIRECTORY}.good")
    try:
        for name, text in (("edge.pem", old.certificate), ("edge.key", old.key)):
            shell(server, f"sudo tee {DIRECTORY}/{name} >/dev/null <<'PEM'\n{text}PEM")
        shell(server, _RELOAD)
        yield
    finally:
        shell(server, f"sudo cp --archive {DIRECTORY}.good/. {DIRECTORY}/ && sudo rm -r {DIRECTORY}.good && {_RELOAD}")


def test_names_lead_to_the_edge_whose_certificate_is_good(deployment: Deployment, fleet: Fleet, shell: Shell) -> None:
    """In the time of a lost edge; who is in a meeting by it stays, and `make status` names the edge."""
    whole(deployment, fleet)
    both, gra = addresses(fleet), edge(fleet, "gra").name
    all_say(fleet, "meeting", list(both.values()), deadline=BACK_SECONDS)
    with Attendance() as attendance:
        person = attendance.join(through(deployment, fleet, "gra"), "run-out", "run-out")
        seen = len(person.log.events)
        with run_out(shell, gra):
            all_say(fleet, "meeting", [both["sbg"]], deadline=LOST_SECONDS)
            all_say(fleet, "meeting-gra", [both["sbg"]], deadline=LOST_SECONDS)
            status = ["python", "-m", "ops", "status", *STACKS, "--authority", str(deployment.authority)]
            status += ["--ssh", str(deployment.ssh_directory), "--identity", str(deployment.identity)]
            told = deployment.run(STACKS[0], status, timeout=180, check=False)
        all_say(fleet, "meeting", list(both.values()), deadline=BACK_SECONDS)
        all_say(fleet, "meeting-gra", [both["gra"]], deadline=BACK_SECONDS)
        assert not [event for event in person.log.events[seen:] if event.name == "disconnected"]
    lines = [line for line in told.stdout.splitlines() if gra in line and "certificate" in line]
    assert told.returncode == 1 and lines, told.stdout
