"""The status page: static HTML that the witness makes of what Prometheus knows, and the edges serve."""

from typing import Literal

from pydantic import Field

from settings.section import Refusal, Section
from settings.types import PagePath

# On the witness' backbone address, for the edges' copies. IANA's `http-alt`: no privilege is needed for it.
PORT = 8080
# Logins, and what the edge says over plain HTTP; neither is a room.
_TAKEN = ("/auth", "/edge-health")


class StatusPage(Section):
    """What people see of the page; it says nothing that is not public: no address, no room's name, no person's."""

    path: PagePath = Field(
        default="/status", description="Where every edge serves the page; no room has that name any more."
    )
    title: str | None = Field(
        default=None, min_length=1, max_length=80, description="What the page is headed; none: the domain."
    )
    language: Literal["en", "fr"] = Field(default="fr", description="The page's language.")


def status_page_rules(page: StatusPage | None, *, health: str) -> list[Refusal]:
    """Rules of the page beside the environment's other settings; `health` is where an edge asks for an instance's."""
    if page is None or page.path not in (*_TAKEN, health):
        return []
    key = ("monitoring", "status_page", "path")
    return [Refusal(key, page.path, "is the service's own; take another, as /status")]
