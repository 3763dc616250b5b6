"""What a compute node has to give, as Nova and Placement ask for it. It is the machine's: nothing is set aside."""

import os
import shutil
from pathlib import Path
from typing import Any

import os_resource_classes as orc
from nova import conf
from nova.objects import fields
from oslo_serialization import jsonutils

CONF = conf.CONF


def available(instances: Path) -> dict[str, Any]:
    """The node's resources, where servers are kept in a directory."""
    return {
        "vcpus": os.cpu_count(),
        "memory_mb": os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") >> 20,
        "local_gb": shutil.disk_usage(instances).total >> 30,
        "vcpus_used": 0,
        "memory_mb_used": 0,
        "local_gb_used": 0,
        "hypervisor_type": "lxc",
        "hypervisor_version": 5000002,
        "hypervisor_hostname": CONF.host,
        "cpu_info": jsonutils.dumps({"arch": "x86_64"}),
        "disk_available_least": 0,
        "supported_instances": [(fields.Architecture.X86_64, fields.HVType.LXC, fields.VMMode.EXE)],
        "numa_topology": None,
    }


def inventory(found: dict[str, Any], ratios: dict[str, float]) -> dict[str, dict[str, Any]]:
    """The same for Placement, with how often each may be given."""
    totals = {orc.VCPU: found["vcpus"], orc.MEMORY_MB: found["memory_mb"], orc.DISK_GB: found["local_gb"]}
    return {
        kind: {
            "total": total,
            "min_unit": 1,
            "max_unit": total,
            "step_size": 1,
            "allocation_ratio": ratios[kind],
            "reserved": 0,
        }
        for kind, total in totals.items()
    }
