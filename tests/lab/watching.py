"""Monitoring of the booted servers, switched on for as long as somebody looks."""

from functools import partial

from fleet import ssh
from fleet.alerts import Said, asked
from fleet.fleet import Fleet
from lab.deployment import Deployment


def said(deployment: Deployment, fleet: Fleet) -> Said:
    """What monitoring says."""
    config = ssh.write(fleet, deployment.ssh_directory, deployment.identity)
    (witness,) = fleet.of("witness")
    return asked(partial(ssh.run, config), witness.name)
