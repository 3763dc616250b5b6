"""The failover drill on a lab that is up; `make drill` is it on the demo.

python -m lab drill redis-master-off edge-lost
"""

from drill.command import Faults, Listed, Repaired, Repeat, Reports, Wanted, command
from drill.report.store import STORE
from lab import demo
from lab.demo import Deployed
from lab.deployment import Deployment
from lab.drill_target import lab_target
from lab.lab import Lab


def main(
    fault: Faults = (),
    *,
    list_: Listed = False,
    repair: Repaired = False,
    reports: Reports = STORE,
    repeat: Repeat = 1,
    lab: Deployed = demo.NAME,
) -> int:
    """The command; its exit status is the drill's."""
    return command(Wanted(fault, list_, repair, reports, repeat), lambda: lab_target(Deployment(Lab(lab))))
