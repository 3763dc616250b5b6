"""What a fault may cost on this target: the worst case of the settings, and what everything took without a fault."""

from drill.baseline import Baseline
from drill.clients.edge import CONNECT_SECONDS
from drill.clients.participant import DELAY, DELAY_MAX, SPREAD
from drill.clients.signalling import REQUEST_TIMEOUT
from drill.observation import Budgets, Keys
from drill.target import Target
from recovery.client import Client, Given
from recovery.fault import Fault
from recovery.faults import worst_case
from recovery.worst_case import RETURN, SERVICES, WorstCase

# The drill's clients wait and come again as browsers do, are less patient, and connect anew for each request.
_CLIENT = Client(
    reconnect_delay=DELAY,
    reconnect_delay_max=DELAY_MAX,
    spread=SPREAD,
    patience=REQUEST_TIMEOUT,
    next_address=CONNECT_SECONDS,
    silence=0.0,
    sign=0.0,
    name_kept=0.0,
    connecting=CONNECT_SECONDS,
)


def budgets(target: Target, fault: Fault, baseline: Baseline) -> Budgets:
    """By the name of the measure, in the measure's unit.

    Args:
        target: whose settings were deployed, and whose servers have to start.
        fault: what is done.
        baseline: what everything takes without it.
    """
    calm = {name: baseline.of(kind) for kind in SERVICES for name in (kind, f"{kind} {RETURN}")}
    calm["full redundancy"] = baseline.look
    return {
        name: None if seconds is None else seconds + calm.get(name, 0.0)
        for name, seconds in _worst_case(target, fault).budgets.items()
    }


def keys(target: Target, fault: Fault) -> Keys:
    """The settings that the budgets follow from, by the name of the measure."""
    return _worst_case(target, fault).keys


def _worst_case(target: Target, fault: Fault) -> WorstCase:
    return worst_case(fault, Given(target.environment, _CLIENT, target.servers))
