"""A region of OpenStack, asked with the credentials of the environment."""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from review.asking import AskingError

if TYPE_CHECKING:
    from openstack.connection import Connection

T = TypeVar("T")


def told(region: str, question: "Callable[[Connection], T]") -> T:
    """What a region answers.

    Args:
        region: its name.
        question: asks its API.

    Raises:
        AskingError: there are no credentials, or the region does not say.
    """
    if not (os.environ.get("OS_AUTH_URL") or os.environ.get("OS_CLOUD")):
        raise AskingError("there are no credentials: neither OS_AUTH_URL nor OS_CLOUD is set")
    # The SDK takes a second to import: where nobody is asked nobody waits for it.
    from keystoneauth1.exceptions import ClientException  # noqa: PLC0415
    from openstack.exceptions import SDKException  # noqa: PLC0415

    from ops.cloud import connect  # noqa: PLC0415

    try:
        return question(connect(region))
    except (ClientException, SDKException) as error:
        raise AskingError(f"{region} does not say: {type(error).__name__}") from error
