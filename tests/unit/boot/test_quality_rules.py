"""Quality, judged by `promtool test rules`: what each kind of server says, and what would be told for nothing."""

import re
import subprocess
from pathlib import Path
from typing import Any, cast

import pytest
import yaml

from boot.monitoring.alert_rules import alert_rules, rules_yml
from boot.monitoring.alerts import Alert
from boot.monitoring.prometheus_yml import prometheus_yml
from boot.monitoring.quality import quality_records
from drill.rehearsals import QUALITY
from settings.servers import SERVERS, ServerName
from tests.contract.contract import RELEASES, Release
from tests.unit.boot.alert_scenarios import (
    BEFORE,
    BEGINS,
    INTERVAL,
    LOST,
    PEACE,
    PEOPLE,
    RECEIVED,
    SCORES,
    SOUND,
    SOUNDS,
    Course,
    group,
)
from tests.unit.boot.test_monitoring_rules import SAYS_ALL, _judge, _promtool, watched

LATE = BEGINS + 600
LOSS, POOR = (f'alertname="{alert.value}"' for alert in (Alert.PACKET_LOSS, Alert.POOR_QUALITY))
SILENT = {RECEIVED, LOST, SOUND, SOUNDS}
WITHOUT = {name: course for name, course in PEACE.items() if name not in SILENT}
OF_34 = {"env.meeting.server": "edumeet-3.4"}


def _figures(test: dict[str, Any], *, at: int, **wanted: float | None) -> dict[str, Any]:
    """A test of records of GRA's in place of alerts; None: there is none."""
    samples = [
        {
            "expr": f'round(max({name.replace("__", ":")}{{site="gra"}}), 0.001)',
            "eval_time": f"{at}s",
            "exp_samples": [] if value is None else [{"value": value}],
        }
        for name, value in wanted.items()
    ]
    return {**test, "promql_expr_test": samples}


def test_the_users_own_build_has_no_such_alert_and_no_figure(tmp_path: Path) -> None:
    """Nothing rather than 0, which would say that all is lost or that all is well."""
    rules = watched()
    assert rules.env.meeting.server == "multiparty-meeting"
    assert not {rule.alert for rule in alert_rules(rules)} & {Alert.PACKET_LOSS, Alert.POOR_QUALITY}
    nothing = _figures(
        group(WITHOUT, {}), at=LATE, instance__loss__ratio=None, site__loss__ratio=None, site__score=None
    )
    _judge(rules, [nothing], tmp_path)


@pytest.mark.parametrize("name", RELEASES)
def test_what_is_read_is_what_the_release_exports(name: str) -> None:
    """At the path that is asked: the figures by their names, and nothing of whose a stream is goes by."""
    release, asked = Release(name).data["metrics"], watched(SAYS_ALL | {"env.meeting.server": name}).meeting_path
    kind = SERVERS[cast("ServerName", name)]
    records = " ".join(quality_records(watched()).values())
    read = {one for one in re.findall(r"(?:mediasoup|edumeet)_\w+", records) if one in release[asked]}
    assert kind.scores == any("score" in one for one in read)
    assert kind.losses == any("lost" in one for one in read)
    whole = yaml.safe_load(prometheus_yml(watched()))
    (meeting,) = (job for job in whole["scrape_configs"] if job["job_name"] == "meeting")
    (dropped,) = (one["regex"] for one in meeting["metric_relabel_configs"] if one.get("action") == "labeldrop")
    labels = {label for labels in release[asked].values() for label in labels}
    assert {label for label in labels if not re.fullmatch(dropped, label)} <= {"kind", "type"}


def test_of_3_4_the_scores_of_what_people_receive_are_judged(tmp_path: Path) -> None:
    """On average: one bad stream of four is somebody's own network."""
    rules = watched(SAYS_ALL | OF_34)
    fine = dict.fromkeys(SCORES.values(), Course(10, 9))
    one = fine | {SCORES["1", "audio"]: Course(10, 2)}
    groups = [
        group(WITHOUT | fine, {(LATE, POOR): 0}),
        group(WITHOUT | one, {(LATE, POOR): 0}),
        group(WITHOUT | dict.fromkeys(SCORES.values(), Course(10, 6)), {(BEGINS, POOR): 0, (LATE, POOR): 1}),
        _figures(group(WITHOUT | one, {}), at=LATE, site__score=7.25, site__loss__ratio=None),
    ]
    _judge(rules, groups, tmp_path)


def test_losses_are_those_of_the_last_minute_and_not_of_the_whole_meeting(tmp_path: Path) -> None:
    """3 of 303 in peace; 30 of 330 from then on."""
    worse = PEACE | {LOST: Course(3, 30, counter=True)}
    groups = [
        _figures(group(worse, {}), at=BEGINS - INTERVAL, site__loss__ratio=0.01),
        _figures(group(worse, {}), at=LATE, site__loss__ratio=0.091, site__score=9.8),
    ]
    _judge(watched(SAYS_ALL), groups, tmp_path)


@pytest.mark.parametrize("alert", QUALITY)
def test_the_rehearsals_limits_are_broken_by_two_people_in_peace(alert: Alert, tmp_path: Path) -> None:
    """By the very command that the rehearsal has sed do; without it nothing is told."""
    rules = watched(SAYS_ALL)
    two = PEACE | dict.fromkeys(PEOPLE.values(), Course(1, 1))
    own = f'alertname="{alert.value}"'
    _judge(rules, [group(two, {(LATE, own): 0})], tmp_path)
    file = tmp_path / "rules.yml"
    moved = f"/alert: {alert.value}$/,/annotations:/{QUALITY[alert]}"
    subprocess.run(["sed", "--regexp-extended", "--in-place", moved, str(file)], check=True, timeout=10)
    assert file.read_text() != rules_yml(rules)
    _promtool([group(two, {(LATE, own): 1})], tmp_path)


@pytest.mark.parametrize(
    ("wrong", "alert"),
    [
        ({LOST: Course(3, 30, counter=True), **dict.fromkeys(PEOPLE.values(), Course(3, 1))}, LOSS),
        ({SOUND: Course(9.8, 2), **dict.fromkeys(PEOPLE.values(), Course(3, 1))}, POOR),
        # Upstream says 0 of nobody.
        ({SOUND: Course(9.8, 0), SOUNDS: Course(6, 0)}, POOR),
        ({RECEIVED: Course(300, 0, counter=True), LOST: Course(3, 0, counter=True)}, LOSS),
    ],
    ids=["few people lose", "few people's sound", "nobody speaks", "nobody sends"],
)
def test_nothing_is_told_for_nothing(wrong: dict[str, Course], alert: str, tmp_path: Path) -> None:
    _judge(watched(SAYS_ALL), [group(PEACE | wrong, {(LATE, alert): 0, (BEGINS + 300, alert): 0})], tmp_path)


def test_who_leaves_takes_neither_the_figure_nor_the_alert_away(tmp_path: Path) -> None:
    """Sums fall with each of them: no look at them then is a loss, and one that goes on is told in spite of it."""
    steps = range(60)
    received = [120_000 + 4500 * step - (17_000 if step >= 20 else 0) for step in steps]
    well, badly = ([1200 + lost * step for step in steps] for lost in (45, 450))

    def left(lost: list[int]) -> dict[str, Any]:
        test = group(WITHOUT | {SOUND: Course(9.8, 9.8), SOUNDS: Course(6, 6)}, {})
        told = ((RECEIVED, received), (LOST, lost))
        more = [{"series": name, "values": " ".join(str(value) for value in values)} for name, values in told]
        return {**test, "input_series": [*test["input_series"], *more]}

    peace = [
        {
            "expr": f"count_over_time(ALERTS{{{LOSS}}}[{60 * INTERVAL}s]) or vector(0)",
            "eval_time": f"{59 * INTERVAL}s",
            "exp_samples": [{"value": 0}],
        }
    ]
    firing = f'count(ALERTS{{alertstate="firing",{LOSS}}}) or vector(0)'
    on = [
        {"expr": firing, "eval_time": f"{step * INTERVAL}s", "exp_samples": [{"value": 1}]} for step in (26, BEFORE, 59)
    ]
    groups = [{**left(well), "promql_expr_test": peace}, {**left(badly), "promql_expr_test": on}]
    _judge(watched(SAYS_ALL), groups, tmp_path)
