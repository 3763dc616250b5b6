"""A day of the recording rules that the status page reads, as OpenMetrics text for promtool.

GRA was lost from 10:03 to 10:23 and Redis' master went to SBG; SBG was not watched in the first two hours; its instance
was down for one sample.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

NOW = int(datetime(2026, 11, 23, 14, 28, 10, tzinfo=UTC).timestamp())
SAMPLE = 30  # seconds
_DAY = 24 * 3600
_LOST, _BACK, _MOVED = NOW - 15_900, NOW - 14_700, NOW - 15_880
_WATCHED = NOW - _DAY + 2 * 3600
_BLINK = NOW - 6 * 3600

Value = Callable[[int], float | None]  # at a time; None: no sample


def openmetrics(shift: int = 0) -> str:
    """The day that ends at NOW, moved by so many seconds."""
    return "".join(f"{line}\n" for line in _lines(shift)) + "# EOF\n"


def _lines(shift: int) -> Iterator[str]:
    times = range(NOW - _DAY, NOW + 1, SAMPLE)
    named: dict[str, list[tuple[str, Value]]] = {}
    for name, labels, value in _series():
        named.setdefault(name, []).append((labels, value))
    for name, series in named.items():
        yield f"# TYPE {name} gauge"
        for labels, value in series:
            for time in times:
                if (sample := value(time)) is not None:
                    yield f"{name}{{{labels}}} {sample} {time + shift}"


def _series() -> Iterator[tuple[str, str, Value]]:
    sites: dict[str, Value] = {"gra": _gra, "sbg": _sbg}
    for site, up in sites.items():
        yield "site:serving:bool", f'site="{site}"', up
    for number in (1, 2):
        yield "instance:serving:bool", f'site="gra",server="production-gra-meeting-{number}"', _gra
    yield "instance:serving:bool", 'site="sbg",server="production-sbg-meeting-1"', _blinking
    for site, up in {**sites, "witness": _always}.items():
        yield "redis:up:bool", f'site="{site}"', up
    yield "redis:master:bool", 'site="gra"', lambda time: float(time < _LOST)
    yield "redis:master:bool", 'site="sbg"', lambda time: float(time >= _MOVED)
    yield "redis:master:bool", 'site="witness"', lambda _: 0
    yield "redis:quorum:bool", "", _always
    for name, gra, sbg in (("rooms", 4, 2), ("peers", 17, 5)):
        yield f"meeting:{name}", 'site="gra"', _constant(gra)
        yield f"meeting:{name}", 'site="sbg"', _constant(sbg)
    # SBG's meeting servers say nothing of quality.
    for site, people in (("gra", 120), ("sbg", 80)):
        yield "site:capacity:people", f'site="{site}"', _constant(people)
    yield "site:loss:ratio", 'site="gra"', _constant(0.0121)
    yield "site:score", 'site="gra"', _constant(9.86)
    for site in ("gra", "sbg", "witness"):
        yield "dns:answers:bool", f'site="{site}"', _always
        yield "backbone:reachable:bool", f'site="{site}"', _always
    yield "certificate:days_left", 'site="gra"', lambda time: 61.5 + (NOW - time) / _DAY
    yield "certificate:days_left", 'site="sbg"', lambda time: 60.2 + (NOW - time) / _DAY


def _always(_: int) -> float:
    return 1


def _constant(value: float) -> Value:
    return lambda _: value


def _gra(time: int) -> float:
    return float(not _LOST <= time < _BACK)


def _sbg(time: int) -> float | None:
    return None if time < _WATCHED else 1


def _blinking(time: int) -> float | None:
    return 0 if _BLINK <= time < _BLINK + SAMPLE else _sbg(time)
