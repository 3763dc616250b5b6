"""What the deployed settings promise of a fault."""

from lab.deployment import Deployment
from recovery import redis
from recovery.client import Given
from recovery.fault import Fault
from recovery.faults import worst_case

# Seconds. A Sentinel calls more than two of them a standstill, and may have stood still longer than who measured.
NEARLY_TILT = 1.5


def write_seconds(deployment: Deployment, fault: Fault, standstill: float = 0) -> float:
    """How long no write is taken at the longest, in seconds.

    Args:
        deployment: whose settings promise it.
        fault: of which fault.
        standstill: seconds, the longest that the machine let nobody run meanwhile.
    """
    seconds = worst_case(fault, Given(deployment.settings())).write.seconds
    assert seconds is not None
    return seconds + standstill + (redis.TILT if standstill > NEARLY_TILT else 0)
