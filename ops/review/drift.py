"""What of the cloud is no longer as Pulumi last made it: from previews of a refresh, which write no state.

    pulumi refresh --preview-only --json --stack gra > gra.json    (and so on for each site)
    python -m ops drift gra=gra.json sbg=sbg.json witness=witness.json

Told is what the state has and the cloud has no more, or has with other values; and rules that somebody added to a
security group, which the cloud is asked for.
Exit status: 0; 2 when something differs; 1 when a site could not be compared.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Annotated

from fleet.bounded import NoAnswer, ask
from fleet.command_line import Argument
from fleet.preview.changes import Change, Effect, changes
from fleet.preview.document import (
    Block,
    Bullets,
    Code,
    Document,
    Heading,
    Line,
    Paragraph,
    Strong,
    Verbatim,
    joined,
    table,
)
from fleet.preview.preview import Preview, PreviewError, read
from fleet.preview.secrets import shown, why_not
from ops.review.command_line import Markdown, SiteFile, show, site_file
from ops.review.undeclared_rules import undeclared_rules

MARKER = "multiparty-meeting drift"
# Seconds that three regions may take to tell their rules.
PATIENCE = 30.0
# What a refresh would do to the state, in the words of whoever looks at the cloud.
_WORDS = {Effect.DELETED: "gone", Effect.CHANGED: "changed"}


@dataclass(frozen=True)
class Compared:
    """What was found.

    Attributes:
        sites: what a refresh would change in the state, by site.
        failed: why a site could not be compared.
        added: rules that somebody added, by site; or why nobody knows.
    """

    sites: Mapping[str, Preview]
    failed: Mapping[str, str]
    added: Mapping[str, list[str] | NoAnswer] = field(default_factory=dict)

    @property
    def differing(self) -> list[str]:
        """The sites where something differs."""
        return [name for name, preview in self.sites.items() if drift(preview) or self.rules_added(name)]

    @property
    def status(self) -> int:
        """The command's exit status."""
        return 1 if self.failed else 2 if self.differing else 0

    def rules_added(self, site: str) -> list[str]:
        """What somebody added there, as far as it is known."""
        found = self.added.get(site, [])
        return [] if isinstance(found, NoAnswer) else found


def drift(of: Preview) -> list[Change]:
    """What differs at one site."""
    return [change for change in changes(of) if change.effect in _WORDS]


def compare(given: Sequence[SiteFile]) -> Compared:
    """Read the previews of the sites."""
    sites: dict[str, Preview] = {}
    failed: dict[str, str] = {}
    for name, file in given:
        try:
            preview = read(file)
        except PreviewError as error:
            failed[name] = why_not(file, error)
            continue
        if preview.errors:
            failed[name] = shown("\n".join(preview.errors))
        elif preview.steps:
            sites[name] = preview
        else:
            failed[name] = f"{file}: names no resource: the stack is empty, or was not compared"
    added = ask({name: partial(undeclared_rules, preview) for name, preview in sites.items()}, PATIENCE)
    return Compared(sites, failed, added)


def report(found: Compared) -> Document:
    """The document: the sum of it, then what differs at each site."""
    blocks: list[Block] = [Heading(1, ("What differs from what Pulumi last made",))]
    for name, reason in found.failed.items():
        blocks += [Paragraph((Strong(f"{name} could not be compared."),)), Verbatim(reason)]
    if found.sites:
        header = ("site", "gone", "changed", "added rules", "as it was")
        blocks.append(table(header, (_row(found, name) for name in found.sites)))
    for name in found.differing:
        lines = [_line(change) for change in drift(found.sites[name])]
        lines += [(Strong("added"), ": rule of a security group ", Code(rule)) for rule in found.rules_added(name)]
        blocks += [Heading(2, (f"{name}: {_region(found.sites[name])}",)), Bullets(tuple(lines))]
    silent = {
        f"Rules that somebody added were not looked for: {one.why}."
        for one in found.added.values()
        if isinstance(one, NoAnswer)
    }
    blocks += [Paragraph((sentence,)) for sentence in sorted(silent)]
    return (*blocks, Paragraph(_advice(found)))


def _row(found: Compared, name: str) -> tuple[Line, ...]:
    preview = found.sites[name]
    counts = [sum(change.effect is effect for change in drift(preview)) for effect in (Effect.DELETED, Effect.CHANGED)]
    same = sum(step.op in ("refresh", "same") and step.in_cloud for step in preview.steps)
    unknown = isinstance(found.added.get(name), NoAnswer)
    cells: list[Line] = [_count(count) for count in (*counts, len(found.rules_added(name)))]
    return ((name,), *cells[:-1], ("?",) if unknown else cells[-1], (str(same),))


def _count(count: int) -> Line:
    return (Strong(str(count)),) if count else ("-",)


def _line(change: Change) -> Line:
    word = Strong(_WORDS[change.effect])
    differs = joined([(Code(path),) for path in sorted(change.step.detailed_diff or change.step.diff_reasons or ())])
    return (word, ": ", change.kind, " ", Code(change.name), *((": ", *differs) if differs else ()))


def _region(preview: Preview) -> str:
    return preview.deployed.region or "region not known"


def _advice(found: Compared) -> Line:
    if not found.differing:
        return ("Nothing else differs." if found.failed else "Nothing differs.",)
    again = [name for name in found.differing if drift(found.sites[name])]
    commands = joined([(Code(f"pulumi up --refresh --stack {name}"),) for name in again], " and ")
    mended: Line = (
        ("As it was described again: ", *commands, ". What is to stay has to be described first. ") if again else ()
    )
    added = any(found.rules_added(name) for name in found.differing)
    removed: Line = ("Added rules go by ", Code("openstack security group rule delete"), ".") if added else ()
    return (*mended, *removed)


def main(
    site: Annotated[Sequence[SiteFile], Argument("a site and its refresh as JSON", site_file, "SITE=FILE")],
    *,
    markdown: Markdown = False,
) -> int:
    """The command."""
    found = compare(site)
    show(report(found), MARKER if markdown else None)
    return found.status
