"""What the deployed settings promise of a fault."""

from lab.deployment import Deployment
from recovery.client import Given
from recovery.fault import Fault
from recovery.faults import worst_case


def write_seconds(deployment: Deployment, fault: Fault) -> float:
    """How long no write is taken at the longest, in seconds."""
    seconds = worst_case(fault, Given(deployment.settings())).write.seconds
    assert seconds is not None
    return seconds
