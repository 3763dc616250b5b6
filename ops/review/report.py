"""The document about a change: the sum of it first, then what is wrong, then each site, then times, cost and quota."""

from collections.abc import Iterator

from fleet.bounded import NoAnswer
from fleet.preview.changes import Change, Effect
from fleet.preview.document import (
    Block,
    Bullets,
    Code,
    Document,
    Fold,
    Heading,
    Line,
    Paragraph,
    Strong,
    Verbatim,
    table,
)
from ops.review.cost import bills
from ops.review.findings import Findings
from ops.review.policy import RULES
from ops.review.ports import PortChanges, port_changes
from ops.review.quota import needs
from ops.review.recovery import rows
from ops.review.site import ReviewedSite
from ops.review.site_section import site_section
from ops.review.tables import cost_section, difference, quota_section, recovery_section
from settings.agreement import apart


def report(found: Findings) -> Document:
    """The whole document."""
    environments = sorted({site.settings.environment for site in found.sites})
    blocks: list[Block] = [Heading(1, (f"What this changes in {' and '.join(environments) or 'the environment'}",))]
    blocks += _summary(found)
    blocks += policy_report(found)
    for site in found.sites:
        blocks += site_section(site, found)
    if found.sites:
        blocks += [*recovery_section(found.recovery), *cost_section(found.sites, found.prices)]
        blocks += quota_section(found.sites, found.quotas, found.prices)
    return tuple(blocks)


def policy_report(found: Findings) -> Document:
    """What was not checked, the broken rules, each with what breaks it, and those that were looked at."""
    blocks: list[Block] = []
    for name, reason in found.failed.items():
        blocks += [
            Paragraph((Strong(f"{name}: there is no preview"), ", so nothing of it was checked.")),
            Verbatim(reason),
        ]
    return (*blocks, *_rules(found)) if found.sites else tuple(blocks)


def _rules(found: Findings) -> list[Block]:
    names = ", ".join(site.name for site in found.sites)
    partial = [site.name for site in found.sites if not site.preview.complete]
    looked: list[Block] = [Bullets(tuple((rule,) for rule in RULES))]
    if partial:
        text = f"Of {', '.join(partial)} only what changes was looked at: the preview was made without --show-sames."
        looked.append(Paragraph((text,)))
    checked = Fold((f"{len(RULES)} rules, checked on {names}",), tuple(looked))
    if not found.violations:
        return [Paragraph(("No rule is broken.",)), checked]
    broken = [
        (Strong(broken.rule), f": {broken.site}: ", Code(broken.resource), f" {broken.said}")
        for broken in found.violations
    ]
    return [Heading(2, ("Rules that this change breaks",)), Bullets(tuple(broken)), checked]


def _summary(found: Findings) -> list[Block]:
    if not found.sites:
        return []
    counted = [_row(site, site.changes, port_changes(site), found) for site in found.sites]
    header = ("site", *Effect, "open to the world", f"{found.prices.currency} a month")
    blocks: list[Block] = [table(header, counted)]
    return [*blocks, Bullets(tuple(warned))] if (warned := list(_warnings(found))) else blocks


def _warnings(found: Findings) -> Iterator[Line]:
    """What must not be overlooked, each with the section that has the rest."""
    if found.violations:
        yield (Strong("A rule is broken"), ": see below.")
    replaced = [site.name for site in found.sites if _replaces_meetings(site)]
    if len(replaced) > 1:
        yield (
            Strong(f"Meeting servers are replaced in {' and '.join(replaced)}"),
            ": deploy one site, then the other.",
        )
    for site in found.sites:
        if words := apart(site.deployed.agreement, site.settings.env):
            yield (Strong(f"{site.name} and the other sites do not reach each other"), f": {words}.")
            break  # the same of every site
    missed = {row.fault for row in rows(found.recovery) if row.missed} if found.recovery else set()
    if missed:
        yield (Strong("The recovery objective is missed"), f" after {', '.join(sorted(missed))}.")
    for site in found.sites:
        room = found.quotas.get(site.name)
        if not isinstance(room, NoAnswer | None):
            short = [
                need.kind for need in needs(site, found.prices) if need.kind in room and not need.fits(room[need.kind])
            ]
            if short:
                yield (Strong(f"The quota of {site.settings.region} is too small"), f": {', '.join(short)}.")


def _row(site: ReviewedSite, happening: list[Change], ports: PortChanges, found: Findings) -> tuple[Line, ...]:
    counts = [sum(change.major and change.effect is effect for change in happening) for effect in Effect]
    before, after = bills(site, found.prices)
    return (
        (site.name,),
        *((str(count) if count else "-",) for count in counts),
        _doors(ports),
        (difference(before, after),),
    )


def _doors(ports: PortChanges) -> Line:
    """In a few words; a door that opens must be seen."""
    opened = sum(opening.to_world for opening in ports.opened)
    closed = sum(opening.to_world for opening in ports.closed)
    words: list[str] = [f"{opened} more"] if opened else []
    words += [f"{closed} less"] if closed else []
    text = ", ".join(words)
    return (Strong(text),) if opened else (text or "as before",)


def _replaces_meetings(site: ReviewedSite) -> bool:
    return any(c.role == "meeting" and c.effect is Effect.REPLACED for c in site.changes)
