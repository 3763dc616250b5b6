"""Status pages as they are meant to be, one file for each case, beside this module in `status_pages/`.

They are made of what Prometheus answered about the day in `status_day`, and of what differs from it in each case.

python -m tests.unit.boot.status_pages    write the files anew; then read the difference before committing it
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from boot.monitoring.status_page_program.model import Config, Status, status
from boot.monitoring.status_page_program.page import page
from boot.monitoring.status_page_program.query import STEP, Answers, Series, last_step, parse
from tests.unit.boot.status_day import NOW

DIRECTORY = Path(__file__).parent / "status_pages"
RECORDED = Path(__file__).parent / "status_answers.json"
CONFIG = Config(
    title="meeting.organisation.fr",
    language="en",
    sites=["gra", "sbg"],
    redis=["gra", "sbg", "witness"],
    one_master=True,
    prometheus="http://127.0.0.1:9090",
    file="/var/lib/status-page/index.html",
)

Change = Callable[[Answers], Answers]


def recorded() -> Answers:
    """What Prometheus answered."""
    return {name: parse(answer) for name, answer in json.loads(RECORDED.read_text()).items()}


def saying(metric: str, value: float | None, **labels: str) -> Change:
    """As if a rule had another value now, in all the series that have these labels; None: no value."""

    def change(answers: Answers) -> Answers:
        def changed(series: Series) -> Series:
            if not ({"__name__": metric} | labels).items() <= series.labels.items():
                return series
            return replace(series, points={} if value is None else dict.fromkeys(series.points, value))

        return answers | {"now": [changed(series) for series in answers["now"]]}

    return change


def lost(site: str, minutes: int) -> Change:
    """As if all of a site had been down in the last minutes, and were."""

    def change(answers: Answers) -> Answers:
        since = last_step(NOW) - minutes * 60

        def down(series: Series) -> Series:
            points = {time: 0 if time > since else value for time, value in series.points.items()}
            return replace(series, points=points) if series.labels.get("site") == site else series

        for name in ("sites", "instances", "redis"):
            answers = answers | {name: [down(series) for series in answers[name]]}
        for metric in ("site:serving:bool", "instance:serving:bool", "redis:up:bool"):
            answers = saying(metric, 0, site=site)(answers)
        return answers

    return change


def instances(count: int) -> Change:
    """As if GRA had so many instances, each like its first but the eleventh, which is down."""

    def change(answers: Answers) -> Answers:
        def multiplied(series: list[Series]) -> list[Series]:
            first = [s for s in series if s.labels.get("server") == "production-gra-meeting-1"]
            others = [s for s in series if "-gra-" not in s.labels.get("server", "")]
            names = [f"production-gra-meeting-{number}" for number in range(1, count + 1)]
            return others + [replace(s, labels=s.labels | {"server": name}) for s in first for name in names]

        for name in ("now", "instances", "instances_share"):
            answers = answers | {name: multiplied(answers[name])}
        return saying("instance:serving:bool", 0, server="production-gra-meeting-11")(answers)

    return change


def flapping(answers: Answers) -> Answers:
    """As if everything had been up, down and unknown in turns all day: as many marks as a strip can have."""
    end = last_step(NOW)
    points = {end - n * STEP: (1.0, 0.0)[n % 4 // 2] for n in range(288) if n % 2}
    for name in ("sites", "instances", "redis"):
        answers = answers | {name: [replace(series, points=points) for series in answers[name]]}
    return answers


def nothing(_: Answers) -> Answers:
    """As if Prometheus had not answered."""
    return {}


def empty(answers: Answers) -> Answers:
    """As if Prometheus had just been installed."""
    return {name: [] for name in answers}


@dataclass(frozen=True)
class Case:
    """One page: what differs from the recorded day, and from the configuration."""

    changes: tuple[Change, ...] = ()
    config: Mapping[str, Any] = field(default_factory=dict)

    @property
    def answers(self) -> Answers:
        """What Prometheus says."""
        found = recorded()
        for change in self.changes:
            found = change(found)
        return found

    def status(self) -> Status:
        """What the page says."""
        return status(replace(CONFIG, **self.config), self.answers, NOW)

    def text(self) -> str:
        """The page."""
        return page(replace(CONFIG, **self.config), self.status())


CASES = {
    "good": Case(),
    "good-fr": Case(config={"language": "fr"}),
    "site-lost": Case((lost("gra", 25),)),
    "site-lost-fr": Case((lost("gra", 25),), {"language": "fr"}),
    "outage": Case((lost("gra", 25), lost("sbg", 10), saying("redis:quorum:bool", 0))),
    "no-master": Case((saying("redis:master:bool", 0),)),
    "cluster": Case((saying("redis:master:bool", 1),), {"one_master": False}),
    "many-instances": Case((instances(20),)),
    "unanswered": Case((nothing,)),
    "just-installed": Case((empty,), {"language": "fr"}),
}


def main() -> None:
    """Write all pages."""
    DIRECTORY.mkdir(exist_ok=True)
    for stale in set(DIRECTORY.iterdir()) - {DIRECTORY / f"{name}.html" for name in CASES}:
        stale.unlink()
    for name, case in CASES.items():
        (DIRECTORY / f"{name}.html").write_text(case.text())


if __name__ == "__main__":
    main()
