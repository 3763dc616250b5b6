"""A real OpenStack of several regions on one machine, in namespaces of its own; see README.md."""

from lab.cloud.faults import ApiFault
from lab.cloud.shell import LabError
from lab.lab import Lab, openrc

__all__ = ["ApiFault", "Lab", "LabError", "openrc"]
