"""A connection to one region, with the credentials of the environment."""

import os
import threading

import openstack
from openstack.connection import Connection

_REGION = "OS_REGION_NAME"
_ONE = threading.Lock()


def connect(region: str) -> Connection:
    """Connect with the OS_* variables, or OS_CLOUD, of the environment.

    The SDK refuses a region other than OS_REGION_NAME, so the region is given to it that way, to one thread at a time;
    programs that are run later find the variable as it was.
    """
    with _ONE:
        before = os.environ.get(_REGION)
        os.environ[_REGION] = region
        try:
            return openstack.connect()
        finally:
            if before is None:
                del os.environ[_REGION]
            else:
                os.environ[_REGION] = before
