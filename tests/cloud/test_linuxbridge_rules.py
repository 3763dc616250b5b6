"""Neutron's linuxbridge agent next to this machine's ebtables, as the lab starts it."""

import os
import subprocess
from pathlib import Path

from lab.cloud.shell import PYTHON, RUNTIME
from tests.conftest import skip_or_fail

SECONDS = 120
# What the agent does for a port, twice: as for one that comes back before the agent has seen it leave.
TWICE = """
import neutron.privileged
from neutron.plugins.ml2.drivers.linuxbridge.agent import arp_protect
import linuxbridge_rules
neutron.privileged.default.set_client_mode(False)
port = {"fixed_ips": [{"ip_address": "10.9.0.5"}], "mac_address": "fa:16:3e:00:00:01", "device_owner": "compute:nova"}
for _ in range(2):
    arp_protect.setup_arp_spoofing_protection("tap0", port)
print(arp_protect.ebtables(["-L", "neutronMAC-tap0"]))
"""


def test_a_port_that_comes_back_is_wired() -> None:
    """With one rule for its address, before the one that drops all others. Without the lab's own module: for ever."""
    if os.geteuid() or not Path("/usr/lib/python3/dist-packages/neutron").is_dir():
        skip_or_fail("Neutron is missing, or root: python -m lab install")
    argv = ["unshare", "--net", PYTHON, "-c", TWICE]
    environment = {"PATH": "/usr/sbin:/usr/bin", "PYTHONPATH": str(RUNTIME), "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(argv, env=environment, capture_output=True, text=True, check=False, timeout=SECONDS)
    assert done.returncode == 0, done.stderr
    rules = [line for line in done.stdout.splitlines() if line.startswith("-")]
    assert [rule.split()[-1] for rule in rules] == ["RETURN", "DROP"], done.stdout
    assert "--among-src fa:16:3e:0:0:1" in rules[0]
