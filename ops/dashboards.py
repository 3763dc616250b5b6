"""The way to Prometheus and Alertmanager on the witness' loopback: an SSH tunnel, until it is interrupted.

python -m ops.dashboards gra sbg witness
"""

import argparse
import subprocess
import sys
from pathlib import Path

from fleet import ssh
from fleet.fleet import Fleet, fleet
from fleet.stacks import StackError, stacks
from ops import arguments
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


def main() -> int:
    """The command; 1 with one line when it cannot."""
    parser = argparse.ArgumentParser(prog="python -m ops.dashboards", description="A tunnel to monitoring.")
    arguments.add(parser)
    args = parser.parse_args()
    try:
        deployed = fleet(stacks(args.stack, args.directory))
        command = tunnel(deployed, ssh.write(deployed, args.ssh, args.identity))
    except StackError as error:
        print(error, file=sys.stderr)
        return 1
    print("\n".join(f"{name}: http://localhost:{port}/" for name, port in _DASHBOARDS.items()), flush=True)
    try:
        return subprocess.run(command, check=False).returncode
    except KeyboardInterrupt:
        return 0


if __name__ == "__main__":
    sys.exit(main())
