"""What all tests share: a loud skip that CI does not accept."""

import os
from typing import NoReturn

import pytest


def skip_or_fail(reason: str) -> NoReturn:
    """Skip on a developer's machine; where CI=true, what CI must run and cannot is a failure."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"cannot be skipped in CI: {reason}")
    pytest.skip(reason)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options of this project's tests."""
    parser.addoption("--lab", help="a lab that is up, such as demo, for tests/lab to use and to leave up")
