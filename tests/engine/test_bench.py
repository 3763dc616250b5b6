"""What `make bench` measures, each thing once and small: the figures mean nothing here, that they come does."""

import re
from collections.abc import Iterator

import pytest

from lab.bench.next_to_terraform import by_size, next_to_terraform
from lab.bench.whole import whole
from lab.deployment import Deployment

pytestmark = [pytest.mark.engine, pytest.mark.timeout(1800)]


@pytest.fixture
def bench(deployment: Deployment) -> Iterator[Deployment]:
    """Stacks that are as before afterwards: not deployed, and with the settings of the other tests."""
    yield deployment
    deployment.prepare()


def test_one_stack_is_compared_with_terraform(bench: Deployment) -> None:
    """Terraform takes what is written of the stack's resources: it makes them, plans no change, and removes them."""
    assert _numbers(next_to_terraform(bench, times=1)) == 5


def test_previews_are_compared_by_size(bench: Deployment) -> None:
    """Two nodes stand for twenty."""
    assert _numbers(by_size(bench, times=1, nodes=2)) == 1


def test_a_whole_environment_is_compared_with_terraform(bench: Deployment) -> None:
    """Made, reviewed and taken down by us; made and destroyed by Terraform, all sites side by side."""
    assert _numbers(whole(bench, times=1)) == 3


def _numbers(lines: list[str]) -> int:
    """How many lines say a figure above zero."""
    return sum(float(found[1]) > 0 for line in lines if (found := re.search(r": (\d+\.\d+)", line)))
