"""The page: one file of HTML that asks for nothing else and needs no script to be read."""

import base64
import hashlib
from collections.abc import Iterable
from html import escape
from pathlib import Path
from urllib.parse import quote

from .headline import Headline, headline, troubles
from .model import Config, Part, Redis, Site, Status
from .parts import day, fact, moment, span, state_word
from .strip import State
from .text import Text

MOST_INSTANCES = 8  # of a site that have a strip each; the page stays small whatever happens

_HERE = Path(__file__).parent
_STYLE = (_HERE / "style.css").read_text()
_SCRIPT = (_HERE / "age.js").read_text()
# The only script that a browser may run here, and nothing may be fetched: whatever a label or a title might hold.
_POLICY = "; ".join(
    [
        "default-src 'none'",
        "style-src 'unsafe-inline'",
        f"script-src 'sha256-{base64.b64encode(hashlib.sha256(_SCRIPT.encode()).digest()).decode()}'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
    ]
)
_ICON_COLOURS = {Headline.GOOD: "#1a7f4b", Headline.OUTAGE: "#c02b3c", Headline.DEGRADED: "#c07a12"}
_SIGNS = {
    Headline.GOOD: "✓",
    Headline.DEGRADED: "!",
    Headline.OUTAGE: "✕",
    Headline.PARTLY_UNKNOWN: "?",
    Headline.UNKNOWN: "?",
}


def page(config: Config, status: Status) -> str:
    """The text of the file."""
    text = Text(config.language)
    state = headline(status)
    return f"""\
<!doctype html>
<html lang="{config.language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>{_SIGNS[state]} {escape(config.title)}</title>
<link rel="icon" href="{_icon(state)}">
<style>
{_STYLE}</style>
</head>
<body>
<main>
<header>
<h1>{escape(config.title)}</h1>
{_headline(text, status, state)}
<p class="made">{text("made")} {moment(text, status.made, name="made")}<noscript>. {text("compare")}</noscript></p>
<p class="old" hidden>{text("old", minutes="<b></b>")} <a href="">{text("again")}</a>. {text("still_old")}</p>
</header>
<section>
<h2>{text("sites")}</h2>
<div class="cards">
{_lines(_site(text, site) for site in status.sites)}
</div>
</section>
<section>
<h2>{text("redis")}</h2>
<div class="card">
{_redis(text, status)}
</div>
</section>
<section>
<h2>{text("failover")}</h2>
<div class="card">
<dl>
{_failover(text, status)}
</dl>
</div>
</section>
<footer>
<p>{text("last_day")}: <span class="key up">{text("up")}</span> <span class="key down">{text("down")}</span>
<span class="key unknown">{text("unknown_state")}</span></p>
</footer>
</main>
<script>{_SCRIPT}</script>
</body>
</html>
"""


def _headline(text: Text, status: Status, state: Headline) -> str:
    said = [text(t.key, site=escape(t.site.upper()), number=t.number) for t in troubles(status)]
    said += [] if status.known else [text("unanswered")]
    listed = f"\n<ul>{''.join(f'<li>{one}</li>' for one in said)}</ul>" if said else ""
    sign = f'<span class="sign" aria-hidden="true">{_SIGNS[state]}</span>'
    return f'<div class="headline {state.value}">{sign}<div><p>{text(state.value)}</p>{listed}</div></div>'


def _site(text: Text, site: Site) -> str:
    return f"""\
<article class="card">
<h3>{escape(site.name.upper())}</h3>
{day(text, text("entrance"), site.part, level=4)}
{_instances(text, site.instances)}
<dl>
{_facts(text, site)}
</dl>
</article>"""


def _instances(text: Text, instances: dict[int, Part]) -> str:
    """The first ones; of many, those that need to be looked at."""
    if not instances:
        return f'<p class="small">{text("no_instances")}</p>'
    order = (State.DOWN, State.UNKNOWN, State.UP)
    chosen = list(instances)
    if len(instances) > MOST_INSTANCES:
        chosen = sorted(instances, key=lambda number: (order.index(instances[number].state), number))[:MOST_INSTANCES]
    shown = [day(text, text("instance", number=number), instances[number], level=4) for number in sorted(chosen)]
    rest = [part.state for number, part in instances.items() if number not in chosen]
    if rest:
        counts = {state.value: rest.count(state) for state in State}
        shown.append(f'<p class="small">{text("more", count=len(rest), **counts)}</p>')
    return _lines(shown)


def _facts(text: Text, site: Site) -> str:
    """What is measured of the site; nothing of a zone, a capacity and a quality that are not there."""
    found = [
        fact(text(key), None if count is None else str(count), text)
        for key, count in (("rooms", site.rooms), ("people", site.people))
    ]
    if site.capacity is not None:
        found.append(fact(text("capacity"), text.at_least(site.capacity, digits=0), text))
    quality = [] if site.loss is None else [text("packets_lost", share=text.at_least(site.loss, digits=1))]
    quality += [] if site.score is None else [text("score", number=text.tenths(site.score))]
    found += [fact(text("quality"), " · ".join(quality), text)] if quality else []
    days = site.certificate_days
    found.append(fact(text("certificate"), None if days is None else text("days", count=max(days, 0)), text))
    found.append(fact(text("backbone"), state_word(text, site.backbone), text))
    if site.dns is not State.UNKNOWN:
        found.append(fact(text("dns"), state_word(text, site.dns), text))
    return _lines(found)


def _redis(text: Text, status: Status) -> str:
    rows = [day(text, _redis_name(text, redis, status.one_master), redis.part, level=3) for redis in status.redis]
    answer = {State.UP: "yes", State.DOWN: "no", State.UNKNOWN: "unknown_state"}[status.quorum]
    quorum = f"<dl>\n{fact(text('quorum'), text(answer), text)}\n</dl>"
    return _lines(['<div class="columns">', *rows, "</div>", quorum])


def _redis_name(text: Text, redis: Redis, one_master: bool) -> str:
    role = {State.UP: text("master"), State.DOWN: text("replica")}.get(redis.master) if one_master else None
    return escape(redis.site.upper()) + (f' <span class="role">{role}</span>' if role else "")


def _failover(text: Text, status: Status) -> str:
    move, lost = status.new_master, status.site_outage
    found = []
    if status.one_master:
        said = text("none") if status.master_known else None
        if move:
            old, new = (escape(site.upper()) for site in (move.old, move.new))
            said = text("moved", old=old, new=new, after=moment(text, move.after), by=moment(text, move.by, day=False))
        found.append(fact(text("redis_failover"), said, text))
    said = text("none") if any(set(site.part.strip.states) != {State.UNKNOWN} for site in status.sites) else None
    if lost:
        said = text("lost", site=escape(lost.site.upper()), outage=span(text, lost.outage, day=True))
        if lost.others:
            said += f" · {text('held', others=escape(', '.join(lost.others).upper()))}"
    found.append(fact(text("site_failover"), said, text))
    return _lines(found)


def _icon(state: Headline) -> str:
    colour = _ICON_COLOURS.get(state, "#6b7480")
    circle = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 2 2"><circle cx="1" cy="1" r="1" fill="{colour}"/>'
    return f"data:image/svg+xml,{quote(circle + '</svg>')}"


def _lines(pieces: Iterable[str]) -> str:
    return "\n".join(pieces)
