"""What of a lab outlives its namespaces: empty cgroups, and numbers of users that nobody else may have.

The kernel ends processes, mounts, interfaces and loop devices with the namespaces.
"""

from pathlib import Path

from lab.cloud.runtime.containers import users
from lab.cloud.runtime.containers.container import Container, remove_cgroups


def remove(home: Path) -> None:
    """Remove them, of a lab that has ended.

    Args:
        home: its state directory, which still has the servers' directories.
    """
    for name in home.glob("nodes/*/nova/instances/*/users"):
        Container(name.parent).forget()
        users.give_back(int(name.read_text()))
    remove_cgroups(f"multiparty-lab-{home.name}")  # which holder.sh has made
