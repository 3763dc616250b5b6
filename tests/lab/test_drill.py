"""The drill as its users run it: every exercise meets its budgets."""

import pytest

from drill.catalogue import ALL
from drill.record import Drilled, Report
from drill.report.figures import next_to_budget
from lab.deployment import Deployment
from tests.lab.drilling import drilled

pytestmark = [pytest.mark.lab, pytest.mark.timeout(2400)]


@pytest.fixture(scope="module")
def report(deployment: Deployment, tmp_path_factory: pytest.TempPathFactory) -> Report:
    """All exercises, one after the other."""
    found = drilled(deployment, tmp_path_factory.mktemp("drill"))
    assert found is not None, "the drill made no report"
    return found


def exercise(report: Report, name: str) -> Drilled:
    """What was recorded of an exercise; none is left out."""
    found = {one.name: one for one in report.drilled}
    assert name in found, f"{name} was not drilled; these were: {', '.join(found)}"
    return found[name]


@pytest.mark.parametrize("name", ALL)
def test_every_budget_is_met(report: Report, name: str) -> None:
    """What was seen is within its budget, and every step was as described."""
    one = exercise(report, name)
    missed = [f"{m.name} {next_to_budget(m)}" for m in one.measures if not m.met]
    assert not [*missed, *one.problems]


def test_the_report_shows_when_nobody_was_served(report: Report) -> None:
    """A lost site's timeline has the spans, and its files are kept."""
    assert exercise(report, "site-isolated").spans
