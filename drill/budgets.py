"""What a fault may cost on this ground: the worst case of the settings, with what was measured in peace."""

from drill.baseline import Peace
from drill.clients.edge import CONNECT_SECONDS
from drill.clients.newcomer import PATIENCE
from drill.clients.participant import DELAY, DELAY_MAX, REQUEST_TIMEOUT, SPREAD
from drill.ground import Ground
from drill.observation import Budgets
from recovery.client import Client, Given
from recovery.fault import Fault
from recovery.faults import worst_case


def budgets(ground: Ground, fault: Fault, peace: Peace) -> Budgets:
    """By the name of the measure, in the measure's unit.

    Args:
        ground: whose settings were deployed, and whose servers have to start.
        fault: what is done.
        peace: what everything takes without it.
    """
    client = Client(
        reconnect_delay=DELAY,
        reconnect_delay_max=DELAY_MAX,
        spread=SPREAD,
        patience=REQUEST_TIMEOUT,
        next_address=CONNECT_SECONDS,
        page=peace.page + ground.breath,
        join=peace.join + ground.breath,
        media=peace.media + ground.breath,
        write=peace.write + ground.breath,
    )
    found = worst_case(fault, Given(ground.environment, client, ground.servers)).budgets
    # Newcomers who were being let in when it happened are not told; few come at once, so the next ones wait for them.
    join = found.get("join")
    return {**found, "join": None if join is None else PATIENCE + join}
