"""What the deployed settings promise of a fault."""

from fleet.stacks import stacks
from lab.deployment import Deployment
from lab.workspace import STACKS
from recovery.client import Given
from recovery.fault import Fault
from recovery.faults import worst_case
from settings.environment import Environment


def write_seconds(deployment: Deployment, fault: Fault) -> float:
    """How long no write is taken at the longest, in seconds."""
    environment = Environment.model_validate(stacks([STACKS[0]], deployment.directory)[0].environment())
    seconds = worst_case(fault, Given(environment)).write.seconds
    assert seconds is not None
    return seconds
