"""One region of OpenStack, with the credentials of the environment.

The SDK takes a second to import: where nobody is asked nobody waits for it.
"""

import os
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from fleet.bounded import AskingError

Connection = Any  # openstack.connection.Connection: the SDK has no types
T = TypeVar("T")

# Seconds for one call: a full list takes OVH a few, and a region that hangs must not keep the others from being asked.
CALL_SECONDS = 15
# Seconds for all calls of a question: Keystone, the services' versions, the answer.
ASK_SECONDS = 25
# Of what the SDK says.
_SHOWN = 120


def connect(region: str, *, seconds: float = CALL_SECONDS, patient: bool = True) -> Connection:
    """Connect with the OS_* variables, or OS_CLOUD, of the environment, whatever region that names.

    The environment stays as it is: other threads read it, and hand it on to programs.

    Args:
        region: its name.
        seconds: for one call.
        patient: whether a call that is refused for a moment is made again; not by who asks again in a way of its own.
    """
    from openstack.config import OpenStackConfig  # noqa: PLC0415
    from openstack.connection import Connection as Connected  # noqa: PLC0415

    from fleet.patient_session import PatientSession  # noqa: PLC0415

    config = OpenStackConfig(session_constructor=PatientSession if patient else None)
    for cloud in config.cloud_config["clouds"].values():
        if "regions" not in cloud:  # of those a file lists, one has to be meant
            cloud["region_name"] = region
    return Connected(config=config.get_one(region_name=region, api_timeout=seconds))


def connected_once() -> Callable[[str], Connection]:
    """A `connect` that makes one connection to each region, and so one token, for questions at the same time."""
    made: dict[str, Connection] = {}
    one_at_a_time = threading.Lock()

    def to(region: str) -> Connection:
        with one_at_a_time:
            if region not in made:
                made[region] = connect(region)
            return made[region]

    return to


def told(region: str, question: Callable[[Connection], T], to: Callable[[str], Connection] = connect) -> T:
    """What a region answers; whoever refuses for a moment is asked again (`fleet.patient_session`).

    Args:
        region: its name.
        question: asks its API.
        to: connects to it.

    Raises:
        AskingError: there are no credentials, or the region does not say.
    """
    if not (os.environ.get("OS_AUTH_URL") or os.environ.get("OS_CLOUD")):
        raise AskingError("there are no credentials: neither OS_AUTH_URL nor OS_CLOUD is set")
    from keystoneauth1.exceptions import ClientException  # noqa: PLC0415
    from openstack.exceptions import SDKException  # noqa: PLC0415

    try:
        return question(to(region))
    except (ClientException, SDKException) as error:
        raise AskingError(f"{region} does not say: {refusal(error)}") from error


def refusal(error: Exception) -> str:
    """Why an API does not answer, in a few words: the SDK's own may hold whole pages."""
    status = getattr(error, "status_code", None) or getattr(error, "http_status", None)
    if status:
        return f"HTTP {status}"
    first = next(iter(str(error).splitlines()), "")
    return f"{type(error).__name__}: {first[:_SHOWN]}"
