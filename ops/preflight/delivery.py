"""What meeting nodes fetch at boot: the container's image, the archive."""

from collections.abc import Collection, Iterator

from fleet.bounded import AskingError
from fleet.registry import LoginNeededError, digest
from fleet.request import request
from ops.preflight.line import Line, good, lacks, unknown
from settings.delivery import Container
from settings.environment import Environment

_IMAGE = "meeting server"


def delivery(env: Environment) -> Iterator[Line]:
    """Whether it can be fetched."""
    found = env.meeting.delivery
    if not isinstance(found, Container):
        yield from _file("meeting.delivery.url", found.url)
        return
    key = f"meeting.delivery.image = {found.image}"
    try:
        digest(found.image)
    except LoginNeededError as error:
        if found.registry_user:
            yield unknown(_IMAGE, f"whether {found.registry_user} may pull {found.name}", "podman login, podman pull")
        else:
            what = f"{key}: {error}"
            yield lacks(_IMAGE, what, "set meeting.delivery.registry_user and the secret registry_password")
    except AskingError as error:
        yield lacks(_IMAGE, f"{key}: {error}", "name one that can be pulled")
    else:
        yield good(_IMAGE, f"{found.name} can be pulled by its digest")
    if found.web_files:
        yield from _file("meeting.delivery.web_files.url", found.web_files.url)


def _file(key: str, url: str, redirected: Collection[int] = (301, 302, 303, 307, 308)) -> Iterator[Line]:
    try:
        status = request("HEAD", url).status
    except AskingError as error:
        yield lacks(_IMAGE, f"{key} = {url}: {error}", "put it where the servers can fetch it")
        return
    if status == 200 or status in redirected:
        yield good(_IMAGE, f"{url} is there")
    else:
        yield lacks(_IMAGE, f"{key} = {url}: HTTP {status}", "put it where the servers can fetch it")
