"""What a change does, in plain words: from the previews of an environment's sites.

    pulumi preview --json --show-sames --stack gra > gra.json    (and so on for each site)
    python -m ops.review gra=gra.json sbg=sbg.json witness=witness.json

Exit status: 0; 1 when a rule is broken; 2 when a site has no preview, and so was not checked.
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from fleet.preview.preview import PreviewError
from ops.review import markdown, quotas, terminal
from ops.review.findings import Findings
from ops.review.gather import gather
from ops.review.policy import violations
from ops.review.prices import prices
from ops.review.recovery import recovery
from ops.review.report import policy_report, report
from ops.review.site import ReviewedSite, site

MARKER = "multiparty-meeting review"
# Seconds that asking may take: a review is to be there two seconds after the previews.
PATIENCE = 1.0


def main() -> int:
    """The command."""
    args = _arguments()
    found = _read(args.site, name_rooms=args.name_rooms or not args.markdown)
    if args.policy:
        document = policy_report(found)
    else:
        asked = quotas.read(args.quotas) if args.quotas else None
        told, meetings = gather(found.sites, args.patience, identity=args.identity, quotas=asked)
        document = report(replace(found, quotas=told, meetings=meetings))
    if args.markdown:
        sys.stdout.write(markdown.render(document, MARKER))
    else:
        sys.stdout.write(terminal.render(document, colour=sys.stdout.isatty()))
    return 1 if found.violations else 2 if found.failed else 0


def _read(given: list[tuple[str, Path]], *, name_rooms: bool) -> Findings:
    sites: list[ReviewedSite] = []
    failed: dict[str, str] = {}
    for name, file in given:
        try:
            sites.append(site(name, file))
        except PreviewError as error:
            failed[name] = str(error)
    broken = tuple(violations(sites))
    return Findings(tuple(sites), failed, broken, prices(), recovery=recovery(sites), name_rooms=name_rooms)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m ops.review", description="What a change does, in plain words.")
    parser.add_argument("site", nargs="+", type=named, metavar="SITE=FILE", help="a site and its preview as JSON")
    parser.add_argument("--markdown", action="store_true", help="as a comment on a pull request")
    parser.add_argument("--policy", action="store_true", help="the rules alone; nothing is asked of anybody")
    parser.add_argument(
        "--name-rooms", action="store_true", help="name the rooms in Markdown too: whoever knows a name may enter"
    )
    parser.add_argument("--identity", type=Path, help="the private key to ask meeting servers with; else the agent's")
    parser.add_argument(
        "--quotas", type=Path, metavar="FILE", help="what `python -m ops.review.quotas` wrote; else it asks"
    )
    parser.add_argument("--patience", type=float, default=PATIENCE, help="seconds for asking; %(default)s by default")
    return parser.parse_args()


def named(text: str) -> tuple[str, Path]:
    """A site and a file, from an argument such as gra=gra.json."""
    name, separator, file = text.partition("=")
    if not (name and separator and file):
        raise argparse.ArgumentTypeError(f"{text!r} must be a site and a file, such as gra=preview-gra.json")
    return name, Path(file)


if __name__ == "__main__":
    sys.exit(main())
