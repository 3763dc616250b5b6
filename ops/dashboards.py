"""The way to Prometheus and Alertmanager on the witness' loopback: an SSH tunnel, until it is interrupted.

python -m ops dashboards gra sbg witness
"""

import subprocess
from pathlib import Path

from fleet.arguments import HERE, SSH, Directory, Identity, Ssh, Stacks
from fleet.fleet import Fleet, known
from fleet.ssh import write
from fleet.stacks import StackError, stacks
from settings.monitoring import ALERTMANAGER_PORT, PROMETHEUS_PORT

_DASHBOARDS = {"Prometheus": PROMETHEUS_PORT, "Alertmanager": ALERTMANAGER_PORT}


def tunnel(deployed: Fleet, config: Path) -> list[str]:
    """The command line of the tunnel.

    Args:
        deployed: the fleet.
        config: the SSH configuration that reaches it.

    Raises:
        StackError: there is no witness.
    """
    witnesses = deployed.of("witness")
    if not witnesses:
        raise StackError("monitoring is on the witness, and the stacks named here have none")
    forwards = [word for port in _DASHBOARDS.values() for word in ("-L", f"127.0.0.1:{port}:127.0.0.1:{port}")]
    return ["ssh", "-F", str(config), "-o", "ExitOnForwardFailure=yes", "-N", *forwards, witnesses[0].name]


def main(stack: Stacks, *, ssh: Ssh = SSH, identity: Identity = None, directory: Directory = HERE) -> int:
    """The command; the tunnel's exit status."""
    deployed = known(stacks(stack, directory))
    command = tunnel(deployed, write(deployed, ssh, identity))
    print("\n".join(f"{name}: http://localhost:{port}/" for name, port in _DASHBOARDS.items()), flush=True)
    try:
        return subprocess.run(command, check=False).returncode
    except KeyboardInterrupt:
        return 0
