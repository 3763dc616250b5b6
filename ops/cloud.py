"""A connection to one region, with the credentials of the environment."""

import os
import threading

import openstack
from openstack.connection import Connection

_ONE = threading.Lock()


def connect(region: str) -> Connection:
    """Connect with the OS_* variables, or OS_CLOUD, of the environment.

    The SDK refuses a region other than OS_REGION_NAME, so the region is given to it that way; to one thread at a time.
    """
    with _ONE:
        os.environ["OS_REGION_NAME"] = region
        return openstack.connect()
