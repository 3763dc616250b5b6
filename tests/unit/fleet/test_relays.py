"""`make status` of relays: what each meeting server says of its own, and where its name leads."""

import subprocess

import pytest

from fleet.relays import relay_findings
from tests.unit.deployed import PUBLIC, deployed

NAME = "turn-gra-1.ha.organisation.fr"
RELAYS = f"relays as {NAME}; its certificate has 60 days"
NODE = PUBLIC["gra-meeting"]


@pytest.mark.parametrize(
    ("printed", "leads_to", "good", "said"),
    [
        (RELAYS, {NODE}, True, f"{RELAYS}; {NAME} is {NODE}"),
        (RELAYS, {"198.51.100.9"}, False, f"{RELAYS}; {NAME} is 198.51.100.9"),
        (RELAYS, set(), False, f"{RELAYS}; {NAME} is not in the DNS"),
        (RELAYS.replace("60", "14"), {NODE}, False, f"{RELAYS.replace('60', '14')}; {NAME} is {NODE}"),
        ("nothing is relayed: ConnectionRefusedError(111, 'Connection refused')", {NODE}, False, None),
        ("sudo: multiparty-relay: command not found", {NODE}, False, None),
        ("", {NODE}, False, "nothing"),
    ],
)
def test_a_relay_is_asked_by_its_node(printed: str, leads_to: set[str], good: bool, said: str | None) -> None:
    """A name that leads elsewhere is as bad as a relay that is not there."""

    def run(server: str, command: str) -> "subprocess.CompletedProcess[str]":
        assert server == "production-gra-meeting-1"
        assert "multiparty-relay" in command
        return subprocess.CompletedProcess([], 0, f"{printed}\n", "")

    (finding,) = relay_findings(deployed("gra"), run, 14, lambda _: leads_to)
    assert (finding.what, finding.good) == ("production-gra-meeting-1 relays", good)
    assert finding.said == (printed if said is None else said)
