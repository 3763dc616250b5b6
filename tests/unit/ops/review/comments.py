"""Reviews as they are meant to be, one file for each case, beside this module in `comments/`.

python -m tests.unit.ops.review.comments    write the files anew; then read the difference before committing it
"""

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from fleet.bounded import NoAnswer
from fleet.meetings import Meetings
from fleet.preview.document import Document
from fleet.preview.preview import PreviewError
from fleet.quota import Room
from ops.review import markdown, terminal
from ops.review.findings import Findings
from ops.review.policy import violations
from ops.review.quota import KINDS
from ops.review.recovery import Figures, Recovery
from ops.review.report import report
from ops.review.review import MARKER
from ops.review.site import ReviewedSite, reviewed
from settings.prices import prices
from tests.unit.ops.review import recorded

DIRECTORY = Path(__file__).parent / "comments"
WIDE = {kind: Room(limit=1000, used=10) for kind in KINDS}
NARROW = WIDE | {"floating IPs": Room(limit=3, used=3), "ports": Room(limit=None, used=10)}
BUSY = Meetings(rooms=3, people=12, by_room={"daily": 7, "retro|spective": 4, "`odd`": 1})
SHIPPED: Figures = {"redis-master-off": {"page": "-", "write": 18.5}, "edge-lost": {"page": 8.0, "write": "-"}}
PATIENT: Figures = {"redis-master-off": {"page": "-", "write": 26.0}, "edge-lost": {"page": 8.0, "write": "-"}}


@dataclass(frozen=True)
class Case:
    """A change: recorded previews by site, and what the sites' regions and servers answered."""

    previews: Mapping[str, str]
    whole: bool = True
    recovery: Recovery | None = None
    quotas: Mapping[str, Mapping[str, Room] | NoAnswer] = field(default_factory=dict)
    meetings: Mapping[str, Meetings | NoAnswer] = field(default_factory=dict)
    name_rooms: bool = False

    def findings(self) -> Findings:
        """What there is to report."""
        load = recorded.whole if self.whole else recorded.changed
        return replace(
            findings({name: load(preview) for name, preview in self.previews.items()}),
            recovery=self.recovery,
            quotas=self.quotas,
            meetings=self.meetings,
            name_rooms=self.name_rooms,
        )

    def document(self) -> Document:
        """The review."""
        return report(self.findings())


CASES = {
    "nothing": Case({"gra": "gra", "witness": "witness"}),
    "replaced-server": Case(
        {"gra": "gra-replaced", "sbg": "sbg-replaced", "witness": "witness"},
        whole=False,
        quotas={"gra": WIDE, "sbg": WIDE, "witness": WIDE},
        meetings={"production-gra-meeting-1": BUSY, "production-sbg-meeting-1": NoAnswer("nobody could log in to it")},
    ),
    "named-rooms": Case(
        {"gra": "gra-replaced"}, meetings={"production-gra-meeting-1": BUSY}, quotas={"gra": WIDE}, name_rooms=True
    ),
    "opened-port": Case({"gra": "gra-opened"}, quotas={"gra": WIDE}),
    "missed-objective": Case(
        {"gra": "gra-patient", "witness": "witness-patient"},
        recovery=Recovery(SHIPPED, PATIENT, objective=20),
        quotas={"gra": WIDE, "witness": WIDE},
    ),
    "first-deployment": Case({"gra": "gra-first"}, whole=False, quotas={"gra": NARROW}),
    "another-node": Case({"gra": "gra-node"}, quotas={"gra": NARROW}),
    "larger-flavor": Case({"gra": "gra-larger"}, recovery=Recovery({}, SHIPPED, objective=90)),
    "unknown-flavor": Case({"witness": "witness-flavor"}, quotas={"witness": WIDE}),
    "pushed": Case({"gra": "gra-pushed"}, recovery=Recovery(SHIPPED, SHIPPED, objective=90)),
    "zone": Case(
        {"witness": "witness-zone"}, recovery=Recovery(PATIENT, SHIPPED, objective=None), quotas={"witness": WIDE}
    ),
    "no-preview": Case({"gra": "gra-failed", "witness": "witness"}),
}


def findings(previews: Mapping[str, Mapping[str, Any]]) -> Findings:
    """What previews alone tell, by site."""
    sites: list[ReviewedSite] = []
    failed: dict[str, str] = {}
    for name, digest in previews.items():
        try:
            sites.append(read(name, digest))
        except PreviewError as error:
            failed[name] = str(error)
    return Findings(tuple(sites), failed, tuple(violations(sites)), prices())


def read(name: str, digest: Mapping[str, Any]) -> ReviewedSite:
    """A site, from a preview as JSON: through a file, as the command reads it."""
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "preview.json"
        file.write_text(json.dumps(digest))
        return reviewed(name, file)


def files_of(name: str) -> dict[Path, str]:
    """A case's two texts by file: the comment, and what a terminal shows."""
    document = CASES[name].document()
    return {
        DIRECTORY / f"{name}.md": markdown.render(document, MARKER),
        DIRECTORY / f"{name}.txt": terminal.render(document),
    }


def main() -> None:
    """Write all files."""
    DIRECTORY.mkdir(exist_ok=True)
    files = {path: text for name in CASES for path, text in files_of(name).items()}
    for stale in set(DIRECTORY.iterdir()) - files.keys():
        stale.unlink()
    for path, text in files.items():
        path.write_text(text)


if __name__ == "__main__":
    main()
