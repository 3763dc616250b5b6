"""Start OpenStack programs under the distribution's Python: import a project's code once, then fork a process each.

Importing is most of what a service costs at its start, and forked processes share what was imported.

    launch.py run PROGRAM [ARGUMENT...]   become the program (nova-manage, keystone-manage, ...)
    launch.py fork MODULE...              import the modules, then read a JSON list of services from standard input:
        {"name", "program", "arguments", "output", "node": pid or null}
    and print {name: pid} once all of them are forked. `node` is a process whose network, mount and host name
    namespaces the service joins.
"""

import ctypes
import gc
import importlib
import json
import os
import sys
from typing import Any, NoReturn

# The distribution ships these programs as one-line scripts in packages whose set-up scripts are not wanted here.
PROGRAMS = {
    "nova-api": "nova.cmd.api",
    "nova-compute": "nova.cmd.compute",
    "nova-conductor": "nova.cmd.conductor",
    "nova-manage": "nova.cmd.manage",
    "nova-scheduler": "nova.cmd.scheduler",
    "glance-api": "glance.cmd.api",
    "glance-manage": "glance.cmd.manage",
    "keystone-manage": "keystone.cmd.manage",
    "placement-manage": "placement.cmd.manage",
    "neutron-server": "neutron.cmd.eventlet.server",
    "neutron-db-manage": "neutron.db.migration.cli",
    "neutron-linuxbridge-agent": "neutron.cmd.eventlet.plugins.linuxbridge_neutron_agent",
    "neutron-l3-agent": "neutron.cmd.eventlet.agents.l3",
    "neutron-dhcp-agent": "neutron.cmd.eventlet.agents.dhcp",
    "neutron-metadata-agent": "neutron.cmd.eventlet.agents.metadata",
}
NAMESPACES = {"net": 0x40000000, "uts": 0x04000000, "mnt": 0x00020000}


def become(program: str, arguments: list[str]) -> NoReturn:
    """Run a program's main function in this process."""
    sys.argv = [f"/usr/bin/{program}", *arguments]
    sys.exit(importlib.import_module(PROGRAMS[program]).main())


def join(pid: int) -> None:
    """Enter the network, host name and mount namespaces of a process."""
    libc = ctypes.CDLL(None, use_errno=True)
    handles = {kind: os.open(f"/proc/{pid}/ns/{kind}", os.O_RDONLY) for kind in NAMESPACES}
    for kind, flag in NAMESPACES.items():
        if libc.setns(handles[kind], flag):
            raise OSError(ctypes.get_errno(), f"setns {kind} of {pid}")
        os.close(handles[kind])


def fork(service: dict[str, Any]) -> int:
    """Start one service in a session of its own; return its process id."""
    pid = os.fork()
    if pid:
        return pid
    os.setsid()
    out = os.open(service["output"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (out, 1), (out, 2)):
        os.dup2(source, target)
    os.closerange(3, 64)
    if service["node"]:
        join(service["node"])
    if "eventlet" in sys.modules:  # its event loop has the parent's file descriptors: a new one for this process
        importlib.import_module("eventlet.hubs").use_hub()
    gc.enable()
    become(service["program"], service["arguments"])


def main() -> None:
    """Dispatch on the first argument."""
    del sys.path[0]  # this directory; the mechanism driver is found through PYTHONPATH
    if sys.argv[1] == "run":
        become(sys.argv[2], sys.argv[3:])
    gc.disable()
    for module in sys.argv[2:]:
        importlib.import_module(PROGRAMS.get(module, module))
    services = json.load(sys.stdin)
    gc.freeze()
    print(json.dumps({service["name"]: fork(service) for service in services}), flush=True)


if __name__ == "__main__":
    main()
