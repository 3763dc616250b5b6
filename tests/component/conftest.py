"""Sites that several tests look at; built once, and only looked at."""

import warnings

import pytest

with warnings.catch_warnings():
    # pulumi-openstack warns of the old names in it whenever it is imported.
    warnings.simplefilter("ignore", DeprecationWarning)
    from tests.component.cloud import Deployed, deploy


@pytest.fixture(scope="session")
def gra() -> Deployed:
    """The primary site as the shipped configuration describes it."""
    return deploy("gra")


@pytest.fixture(scope="session")
def witness() -> Deployed:
    """The site that breaks ties."""
    return deploy("witness")


@pytest.fixture(scope="session")
def three_nodes() -> Deployed:
    """The primary site with three meeting nodes."""
    return deploy("gra", {"env.sites.gra.meeting_nodes": 3})


@pytest.fixture(scope="session")
def external() -> Deployed:
    """The primary site with public ports of its own, without floating IPs."""
    return deploy("gra", {"public_address": "external-port"})
