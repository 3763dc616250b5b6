"""Recovery times, cost and quota: the tables of the document."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from fleet.bounded import NoAnswer
from fleet.preview.document import Block, Bullets, Code, Fold, Heading, Line, Paragraph, Strong, table
from fleet.quota import Room
from ops.review.cost import Bill, bills
from ops.review.quota import Need, needs
from ops.review.recovery import Recovery, Row, rows
from ops.review.site import ReviewedSite
from settings.prices import HOURS_A_MONTH, Prices

_UNKNOWN = "?"
_PARTIAL = "only what changes was looked at: the preview was made without --show-sames."


def recovery_section(recovery: Recovery | None) -> list[Block]:
    """How long a fault may cost people, where the change moves it or the objective is missed."""
    if recovery is None:
        return []
    sentences = ["How long people wait at most, in seconds."]
    if recovery.objective is not None:
        sentences.append(f"The objective is {recovery.objective:g}.")
    if not recovery.before:
        sentences.append("What is deployed tells none to compare with.")
    found = rows(recovery)
    if not found and recovery.before:
        sentences.append("The change moves none of it.")
    elif not found and recovery.objective is not None:
        sentences.append("None misses it.")
    blocks: list[Block] = [Heading(2, ("Recovery after a fault",)), Paragraph((" ".join(sentences),))]
    header = ("fault", "of", "before", "after", "objective")
    kept = "kept" if recovery.objective is not None else "-"
    return [*blocks, table(header, (_recovery_row(row, kept) for row in found))] if found else blocks


def cost_section(sites: Sequence[ReviewedSite], prices: Prices) -> list[Block]:
    """What the sites cost a month, and how that is counted."""
    found = [(site, *bills(site, prices)) for site in sites]
    table_rows = [_cost_row(*one) for one in found]
    if len(sites) > 1:
        before = Bill(tuple(item for _, bill, _ in found for item in bill.items))
        after = Bill(tuple(item for _, _, bill in found for item in bill.items))
        complete = all(site.preview.complete for site in sites)
        table_rows.append((("together",), *_amounts(before, after, complete=complete)))
    text = (
        f"OVHcloud's list prices in {prices.currency} without VAT, as read {prices.servers.read} (servers) and "
        f"{prices.network.read} (network); {HOURS_A_MONTH} hours a month; no discounts, no traffic."
    )
    counted = Bullets(tuple(_counted(*one) for one in found))
    return [
        Heading(2, (f"Cost a month, {prices.currency}",)),
        table(("site", "before", "after", "difference", "price not known"), table_rows),
        Fold(("how this is counted",), (Paragraph((text,)), counted)),
    ]


def quota_section(
    sites: Sequence[ReviewedSite], quotas: Mapping[str, Mapping[str, Room] | NoAnswer], prices: Prices
) -> list[Block]:
    """What the change needs more of, against what the regions have."""
    silent: dict[str, list[str]] = {}
    rows_more: list[tuple[Line, ...]] = []
    rows_all: list[tuple[Line, ...]] = []
    for site in sites:
        has = quotas.get(site.name, NoAnswer("it was not asked"))
        if isinstance(has, NoAnswer):
            silent.setdefault(has.why, []).append(site.name)
            has = {}
        for need in needs(site, prices):
            row = _quota_row(site, need, has.get(need.kind))
            rows_all += [row] if (need.before, need.after) != (0, 0) else []
            rows_more += [row] if need.more is None or need.more > 0 else []
    header = ("site", "of", "needed before", "needed after", "free in the region")
    blocks: list[Block] = [Heading(2, ("Quota",))]
    blocks += [Paragraph((f"What {', '.join(names)} may have is not known: {why}.",)) for why, names in silent.items()]
    blocks.append(
        table(header, rows_more) if rows_more else Paragraph(("The change needs no more than there is now.",))
    )
    return [*blocks, Fold(("everything that counts",), (table(header, rows_all),))] if rows_all else blocks


def difference(before: Bill, after: Bill) -> str:
    """What the change adds to the bill: with its sign, a dash for nothing, a question mark where nobody knows."""
    more = after.more_than(before)
    return _UNKNOWN if more is None else _euros(more, signed=True)


def _total(bill: Bill) -> str:
    return f"{_euros(bill.month)} + {_UNKNOWN}" if bill.unknown else _euros(bill.month)


def _euros(amount: Decimal, *, signed: bool = False) -> str:
    if signed and not round(amount, 2):
        return "-"
    return f"{amount:+,.2f}" if signed else f"{amount:,.2f}"


def _recovery_row(row: Row, kept: str) -> tuple[Line, ...]:
    after = _figure(row.after)
    verdict: Line = (Strong("missed"),) if row.missed else (kept,)
    return ((Code(row.fault),), (row.service,), (_figure(row.before),), (after,), verdict)


def _figure(figure: float | str | None) -> str:
    if figure is None:
        return _UNKNOWN
    return figure if isinstance(figure, str) else f"{figure:g}"


def _cost_row(site: ReviewedSite, before: Bill, after: Bill) -> tuple[Line, ...]:
    return ((site.name,), *_amounts(before, after, complete=site.preview.complete))


def _amounts(before: Bill, after: Bill, *, complete: bool) -> tuple[Line, ...]:
    unknown = dict.fromkeys(item.what for item in (*before.unknown, *after.unknown))
    amounts = [_total(bill) if complete else _UNKNOWN for bill in (before, after)]
    names: Line = (Code(", ".join(unknown)),) if unknown else ("-",)
    return (*((amount,) for amount in amounts), (difference(before, after),), names)


def _counted(site: ReviewedSite, before: Bill, after: Bill) -> Line:
    def told(bill: Bill) -> str:
        return ", ".join(f"{item.count} x {item.what}" for item in bill.items) or "nothing"

    text = f"{site.name}: {told(after)}" + ("" if told(before) == told(after) else f"; before: {told(before)}")
    return (text if site.preview.complete else f"{text}; {_PARTIAL}",)


def _quota_row(site: ReviewedSite, need: Need, room: Room | None) -> tuple[Line, ...]:
    before, after = (_UNKNOWN if n is None else str(n) for n in (need.before, need.after))
    free: Line = (_UNKNOWN,)
    if room is not None:
        free = ("no limit",) if room.free is None else (str(room.free),)
        free = free if need.fits(room) else (Strong(f"{room.free}: not enough"),)
    return ((site.name,), (need.kind,), (before,), (after,), free)
