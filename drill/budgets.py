"""What a fault may cost on this target: the worst case of the settings, with what was measured without a fault."""

from drill.baseline import Baseline
from drill.clients.edge import CONNECT_SECONDS
from drill.clients.newcomer import PATIENCE
from drill.clients.participant import DELAY, DELAY_MAX, REQUEST_TIMEOUT, SPREAD
from drill.observation import Budgets
from drill.target import Target
from recovery.client import Client, Given
from recovery.fault import Fault
from recovery.faults import worst_case


def budgets(target: Target, fault: Fault, baseline: Baseline) -> Budgets:
    """By the name of the measure, in the measure's unit.

    Args:
        target: whose settings were deployed, and whose servers have to start.
        fault: what is done.
        baseline: what everything takes without it.
    """
    client = Client(
        reconnect_delay=DELAY,
        reconnect_delay_max=DELAY_MAX,
        spread=SPREAD,
        patience=REQUEST_TIMEOUT,
        next_address=CONNECT_SECONDS,
        page=baseline.page + target.breath,
        join=baseline.join + target.breath,
        media=baseline.media + target.breath,
        write=baseline.write + target.breath,
    )
    found = worst_case(fault, Given(target.environment, client, target.servers)).budgets
    # Newcomers who were being let in when it happened are not told; few come at once, so the next ones wait for them.
    join = found.get("join")
    return {**found, "join": None if join is None else PATIENCE + join}
