"""What a change does, in plain words: from the previews of an environment's sites.

    pulumi preview --json --show-sames --stack gra > gra.json    (and so on for each site)
    python -m ops review gra=gra.json sbg=sbg.json witness=witness.json

Exit status: 0; 1 when a rule is broken; 2 when a site has no preview, and so was not checked.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

from fleet.arguments import Identity
from fleet.command_line import Argument
from fleet.preview.preview import PreviewError
from ops.review.command_line import Markdown, SiteFile, show, site_file
from ops.review.findings import Findings
from ops.review.gather import gather
from ops.review.policy import violations
from ops.review.quotas import read
from ops.review.recovery import recovery
from ops.review.report import policy_report, report
from ops.review.site import ReviewedSite, reviewed
from settings.prices import prices

MARKER = "multiparty-meeting review"
# Seconds that asking may take: a review is to be there two seconds after the previews.
PATIENCE = 1.0


def main(
    site: Annotated[Sequence[SiteFile], Argument("a site and its preview as JSON", site_file, "SITE=FILE")],
    *,
    markdown: Markdown = False,
    policy: Annotated[bool, "the rules alone; nothing is asked of anybody"] = False,
    name_rooms: Annotated[bool, "name the rooms in Markdown too: whoever knows a name may enter"] = False,
    identity: Identity = None,
    quotas: Annotated[Path | None, "what `python -m ops quotas` wrote; else it asks"] = None,
    patience: Annotated[float, f"seconds for asking; {PATIENCE} by default"] = PATIENCE,
) -> int:
    """The command."""
    findings = _read(site, name_rooms=name_rooms or not markdown)
    if policy:
        document = policy_report(findings)
    else:
        asked = read(quotas) if quotas else None
        answers, meetings = gather(findings.sites, patience, identity=identity, quotas=asked)
        document = report(replace(findings, quotas=answers, meetings=meetings))
    show(document, MARKER if markdown else None)
    return 1 if findings.violations else 2 if findings.failed else 0


def _read(given: Sequence[SiteFile], *, name_rooms: bool) -> Findings:
    sites: list[ReviewedSite] = []
    failed: dict[str, str] = {}
    for name, file in given:
        try:
            sites.append(reviewed(name, file))
        except PreviewError as error:
            failed[name] = str(error)
    broken = tuple(violations(sites))
    return Findings(tuple(sites), failed, broken, prices(), recovery=recovery(sites), name_rooms=name_rooms)
