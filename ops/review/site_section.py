"""What happens at one site: servers and what their change costs, doors, and everything else in folds."""

from fleet.preview.changes import Change, Effect
from fleet.preview.document import Block, Bullets, Code, Fold, Heading, Line, Paragraph, Strong, Verbatim, table
from fleet.preview.preview import NETWORK
from fleet.preview.secrets import shown
from ops.review.findings import Findings
from ops.review.impact import impact
from ops.review.ports import Opening, port_changes
from ops.review.site import ReviewedSite


def site_section(site: ReviewedSite, found: Findings) -> list[Block]:
    """The section of a site."""
    happening = site.changes
    blocks: list[Block] = [Heading(2, (f"{site.name}: {site.settings.region}",))]
    if not happening:
        blocks.append(Paragraph(("Nothing changes.",)))
    lines = [_line(site, change, found) for change in happening if change.major]
    lines += _wire(site, happening)
    lines += _doors(site)
    if lines:
        blocks.append(Bullets(tuple(lines)))
    blocks += [
        Fold(("what changes in ", Code(change.name)), (Verbatim(change.difference, "diff"),))
        for change in happening
        if change.difference
    ]
    if happening:
        blocks.append(_everything(happening))
    if site.preview.warnings:
        warnings = Bullets(tuple((Code(shown(warning)),) for warning in site.preview.warnings))
        blocks.append(Fold((f"what the program warns of ({len(site.preview.warnings)})",), (warnings,)))
    return blocks


def _line(site: ReviewedSite, change: Change, found: Findings) -> Line:
    takes_away = change.effect in (Effect.REPLACED, Effect.DELETED)
    emphasis: Line = (Strong(change.effect),) if takes_away else (str(change.effect),)
    costs = impact(site, change, found)
    return (*emphasis, ": ", *change.line, *((". ", *costs) if costs else ()))


def _wire(site: ReviewedSite, happening: list[Change]) -> list[Line]:
    """The layer 2 network that the backbone gets, by its number: YAML may have read another one than was written."""
    backbone = site.settings.env.backbone
    made = [change for change in happening if change.name.endswith("-backbone") and change.step.type == NETWORK]
    return [("backbone: ", Code(f"{backbone.wire}, {backbone.cidr}"))] if made else []


def _doors(site: ReviewedSite) -> list[Line]:
    """Doors to the world one by one, the others counted."""
    ports = port_changes(site)
    lines: list[Line] = [
        (Strong("opens to the world"), ": ", *_door(opening)) for opening in ports.opened if opening.to_world
    ]
    lines += [("closes to the world: ", *_door(opening)) for opening in ports.closed if opening.to_world]
    for word, openings in (("opens", ports.opened), ("closes", ports.closed)):
        known = [opening for opening in openings if not opening.to_world]
        if known:
            cards = ", ".join(sorted({f"{opening.protocol} {opening.ports} of {opening.card}" for opening in known}))
            lines.append((f"{word} between servers or to operators: {cards}",))
    return lines


def _door(opening: Opening) -> Line:
    return (Code(f"{opening.protocol} {opening.ports}"), " of ", Code(opening.card))


def _everything(happening: list[Change]) -> Fold:
    rows: list[tuple[Line, ...]] = [
        ((str(change.effect),), (change.kind,), (Code(change.name),), change.why) for change in happening
    ]
    listed = table(("effect", "what", "name", "why"), rows)
    return Fold((f"everything that changes ({len(happening)})",), (listed,))
