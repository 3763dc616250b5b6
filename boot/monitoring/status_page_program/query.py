"""What Prometheus knows: the recording rules now, and how they were over the last day."""

import json
import math
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

STEP = 300  # seconds that one place of a strip stands for
STEPS = 288  # of which a day has so many
MINUTE = 60  # how exactly a new master is dated
SECONDS_TO_ANSWER = 10

_NOW = (
    "site:serving:bool|instance:serving:bool|redis:up:bool|redis:master:bool|redis:quorum:bool|meeting:rooms|"
    "meeting:peers|dns:answers:bool|certificate:days_left|backbone:reachable:bool|site:capacity:people|"
    "site:loss:ratio|site:score"
)


@dataclass(frozen=True)
class Series:
    """The values of one set of labels, by time in seconds since 1970."""

    labels: dict[str, str]
    points: dict[int, float]


@dataclass(frozen=True)
class Query:
    """A question to Prometheus' HTTP API; without a step it is about one moment."""

    promql: str
    step: int | None = None


# The lowest value of each step, so that an outage of seconds shows; a step without a single sample has none.
QUERIES = {
    "now": Query(f'{{__name__=~"{_NOW}"}}'),
    "sites": Query(f"min_over_time(site:serving:bool[{STEP}s])", STEP),
    "instances": Query(f"min_over_time(instance:serving:bool[{STEP}s])", STEP),
    "redis": Query(f"min_over_time(redis:up:bool[{STEP}s])", STEP),
    "masters": Query("redis:master:bool", MINUTE),
    "sites_share": Query("avg_over_time(site:serving:bool[1d])"),
    "instances_share": Query("avg_over_time(instance:serving:bool[1d])"),
    "redis_share": Query("avg_over_time(redis:up:bool[1d])"),
}

Answers = dict[str, list[Series]]  # by the names of QUERIES


def ask(prometheus: str, now: int) -> Answers:
    """Every question's answer.

    Args:
        prometheus: the address of its HTTP API.
        now: seconds since 1970.

    Raises:
        OSError: Prometheus does not answer, or refuses.
        ValueError: what it answers is nothing of Prometheus'.
    """
    return {name: parse(get(prometheus, query, now)) for name, query in QUERIES.items()}


def last_step(now: int) -> int:
    """The end of the step that `now` lies in: steps end at the same times whenever the page is made."""
    return -(-now // STEP) * STEP


def parse(answer: dict[str, Any]) -> list[Series]:
    """The series of an answer; values that are no numbers are left out.

    Raises:
        ValueError: it is not a successful answer.
    """
    try:
        return [_series(one) for one in answer["data"]["result"]]
    except (KeyError, TypeError) as error:
        raise ValueError(f"no answer of Prometheus': {str(answer)[:200]}") from error


def _series(one: dict[str, Any]) -> Series:
    points = one["values"] if "values" in one else [one["value"]]
    found = {round(float(time)): float(value) for time, value in points}
    return Series(one["metric"], {time: value for time, value in found.items() if math.isfinite(value)})


def get(prometheus: str, query: Query, now: int) -> Any:  # noqa: ANN401 - JSON, which `parse` judges
    """Prometheus' answer to one question, as it stands."""
    if query.step is None:
        path, when = "query", {"time": now}
    else:
        end = last_step(now) if query.step == STEP else now
        path, when = "query_range", {"start": end - STEP * STEPS + query.step, "end": end, "step": query.step}
    address = f"{prometheus}/api/v1/{path}?{urlencode({'query': query.promql, **when})}"
    with urlopen(address, timeout=SECONDS_TO_ANSWER) as response:  # noqa: S310 - the settings' own http:// address
        return json.load(response)
