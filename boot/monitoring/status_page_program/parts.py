"""Pieces of the page that stand in it several times."""

from datetime import UTC, datetime

from .model import Part
from .query import STEPS
from .strip import Outage, State, Strip
from .text import Text

SIGNS = {State.UP: "✓", State.DOWN: "✕", State.UNKNOWN: "?"}
MOST_OUTAGES = 2  # of a strip that are told with their times
NARROWEST = 3  # steps: an outage of one would be less than a pixel on a telephone


def moment(text: Text, seconds: int, *, day: bool = True, name: str = "") -> str:
    """A time, which the script writes as the reader's clock has it.

    Args:
        text: the language.
        seconds: since 1970.
        day: whether its day is told; within the strip there is no doubt about it.
        name: the id of the element.
    """
    stamp = f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"
    more = (f' id="{name}"' if name else "") + ("" if day else ' class="clock"')
    return f'<time{more} datetime="{stamp}">{text.time(seconds, day=day)}</time>'


def span(text: Text, outage: Outage, *, day: bool) -> str:
    """From when to when."""
    start = moment(text, outage.start, day=day)
    if outage.end is None:
        return text("since", start=start)
    return text("span", start=start, end=moment(text, outage.end, day=False))


def state_word(text: Text, state: State) -> str:
    """A state as sign and word: its colour is never all there is."""
    word = text("unknown_state") if state is State.UNKNOWN else text(state.value)
    return f'<span class="state {state.value}"><span aria-hidden="true">{SIGNS[state]}</span> {word}</span>'


def fact(name: str, value: str | None, text: Text) -> str:
    """A figure and what it is of; both HTML."""
    return f"<div><dt>{name}</dt><dd>{text('unknown_state') if value is None else value}</dd></div>"


def day(text: Text, name: str, part: Part, *, level: int) -> str:
    """A part, now and over the day; the name, HTML, is a heading of that level."""
    return f"""\
<div class="part">
<h{level}>{name}</h{level}>{state_word(text, part.state)}
{_drawing(part.strip)}
<p class="axis" aria-hidden="true"><span>{text("day_ago")}</span><span>{text("now")}</span></p>
<p class="small">{_in_words(text, part)}</p>
</div>"""


def _drawing(strip: Strip) -> str:
    """Told in words below it. The states differ in height too: up is high, down higher, unknown a thin line."""
    paths = []
    for state in (State.UP, State.UNKNOWN, State.DOWN):
        least = NARROWEST if state is State.DOWN else 1
        starts = {run.first: max(run.after - run.first, least) for run in strip.runs if run.state is state}
        drawn = "".join(f"M{min(first, STEPS - width)} 5h{width}" for first, width in starts.items())
        paths.append(f'<path class="{state.value}" d="{drawn}"/>' if drawn else "")
    return (
        f'<svg viewBox="0 0 {STEPS} 10" preserveAspectRatio="none" aria-hidden="true" focusable="false">'
        f"{''.join(paths)}</svg>"
    )


def _in_words(text: Text, part: Part) -> str:
    said = [] if part.share is None else [text("of_measured", share=text.share(part.share))]
    outages = part.strip.outages
    if outages:
        told = [span(text, outage, day=False) for outage in reversed(outages[-MOST_OUTAGES:])]
        before = len(outages) - len(told)
        told += [text("earlier", count=before)] if before else []
        said.append(text("out", outages=", ".join(told)))
    if part.strip.unknown_seconds:
        said.append(text("gap", span=text.duration(part.strip.unknown_seconds)))
    return " · ".join(said)
