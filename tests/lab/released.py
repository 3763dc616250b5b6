"""The stacks with a public release in the users' own build's place."""

from collections.abc import Iterator
from contextlib import contextmanager

from lab import meeting_archive
from lab.deployment import Deployment
from lab.meeting_image import pulled_from
from settings.servers import ServerName
from tests.lab.configured import Configured


@contextmanager
def released(deployment: Deployment, configured: Configured, kind: ServerName, access: str) -> Iterator[None]:
    """Every instance is a container of the image, which is pulled by its digest; `access` is that to Redis."""
    with pulled_from(deployment.lab, meeting_archive.build(), kind) as image:
        meeting = {
            "server": kind,
            "delivery": {"type": "container", "image": image},
            "config": {"standIn": {"server": kind}},
        }
        configured.deploy({"meeting": meeting, "redis": {"access": access}})
        yield
