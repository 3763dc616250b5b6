"""The status page: what it says of what Prometheus answered, its size, and what can never be in it."""

import difflib
import re
from dataclasses import replace
from html.parser import HTMLParser
from string import Formatter

import pytest

from boot.monitoring.status_page_program.headline import Headline, headline, troubles
from boot.monitoring.status_page_program.model import NewMaster, Site
from boot.monitoring.status_page_program.page import page
from boot.monitoring.status_page_program.query import STEP, Answers, Series, last_step, parse
from boot.monitoring.status_page_program.strip import Outage, State, strip
from boot.monitoring.status_page_program.text import LANGUAGES, Text
from tests.unit.boot.status_day import NOW
from tests.unit.boot.status_pages import CASES, CONFIG, DIRECTORY, Case, Change, flapping, instances, lost, saying

REGENERATE = (
    "if this is what you meant: python -m tests.unit.boot.status_pages, then read the difference before committing it"
)
BYTES = 100_000
END = last_step(NOW)
VOID = {"meta", "link", "path", "rect"}


class _Page(HTMLParser):
    """Elements, attributes and text of a page; it refuses tags that do not nest."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.texts: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        if not {"style", "script"} & set(self.open):
            self.texts.append(data)


def _said(*changes: Change) -> tuple[Headline, set[str]]:
    status = Case(changes).status()
    return headline(status), {trouble.key for trouble in troubles(status)}


@pytest.mark.parametrize("name", CASES)
def test_the_page_is_the_golden_one(name: str) -> None:
    """Every character, of recorded answers."""
    file, actual = DIRECTORY / f"{name}.html", CASES[name].text()
    expected = file.read_text() if file.exists() else ""
    lines = difflib.unified_diff(expected.splitlines(), actual.splitlines(), file.name, "rendered", lineterm="")
    assert actual == expected, "\n".join([*lines, REGENERATE])


def test_every_golden_page_has_its_case() -> None:
    assert {file.stem for file in DIRECTORY.iterdir()} == set(CASES)


@pytest.mark.parametrize("name", CASES)
def test_the_page_asks_for_nothing_and_stays_small(name: str) -> None:
    """No address but data: and the page's own, every element closed, one h1, a language, no Internet address."""
    text = CASES[name].text()
    parsed = _Page(text)
    targets = {value for _, attribute, value in parsed.attributes if attribute in ("href", "src", "action")}
    assert {target.split(":")[0] for target in targets} == {"data", ""}
    assert not re.search(r"@import|url\(", text)
    assert ("html", "lang", CASES[name].config.get("language", "en")) in parsed.attributes
    assert text.count("<h1>") == 1
    assert not re.search(r"\d+\.\d+\.\d+\.\d+", "".join(parsed.texts))
    assert len(text.encode()) < 20_000


def test_the_page_stays_small_with_all_that_a_site_can_have_and_as_many_marks_as_a_day_can_have() -> None:
    text = Case((instances(64), flapping)).text()
    assert 20_000 < len(text.encode()) < BYTES
    assert "and 56 more: 56 up, 0 down, 0 unknown" in text


def test_of_many_instances_those_are_shown_that_do_not_work() -> None:
    text = CASES["many-instances"].text()
    assert text.count("<h4>Instance") == 8 + 1
    assert '<h4>Instance 11</h4><span class="state down">' in text
    assert "<h4>Instance 9</h4>" not in text


@pytest.mark.parametrize(
    ("changes", "said", "wrong"),
    [
        ((), Headline.GOOD, set()),
        ((lost("gra", 25),), Headline.DEGRADED, {"site_down", "instance_down", "redis_down"}),
        (
            (lost("gra", 25), lost("sbg", 10)),
            Headline.OUTAGE,
            {"site_down", "instance_down", "redis_down"},
        ),
        ((saying("redis:quorum:bool", 0),), Headline.DEGRADED, {"no_quorum"}),
        ((saying("redis:master:bool", 0),), Headline.DEGRADED, {"no_master"}),
        ((saying("redis:master:bool", 1, site="gra"),), Headline.DEGRADED, {"several_masters"}),
        ((saying("redis:master:bool", None, site="sbg"),), Headline.GOOD, set()),
        ((saying("certificate:days_left", -0.2, site="gra"),), Headline.DEGRADED, {"certificate_expired"}),
        ((saying("certificate:days_left", 0.2, site="gra"),), Headline.GOOD, set()),
        ((saying("dns:answers:bool", 0, site="sbg"),), Headline.DEGRADED, {"dns_down"}),
        ((saying("backbone:reachable:bool", 0, site="sbg"),), Headline.DEGRADED, {"backbone_down"}),
        ((saying("site:serving:bool", None, site="gra"),), Headline.PARTLY_UNKNOWN, set()),
        ((saying("redis:up:bool", None),), Headline.PARTLY_UNKNOWN, set()),
        ((saying("site:serving:bool", None),), Headline.UNKNOWN, set()),
        ((lost("gra", 25), saying("site:serving:bool", None, site="sbg")), Headline.UNKNOWN, {"site_down"}),
    ],
)
def test_the_headline_follows_what_is_known(changes: tuple[Change, ...], said: Headline, wrong: set[str]) -> None:
    """People can meet while one site serves; what nobody measured is neither up nor down."""
    found, keys = _said(*changes)
    assert found is said
    assert wrong <= keys if wrong else not keys


def test_a_day_has_its_outages_and_its_gaps() -> None:
    """The recorded one: GRA down from 10:03 to 10:23, to five minutes; SBG unknown at first; a blink that shows."""
    gra, sbg = (site for site in CASES["good"].status().sites)
    assert [(END - outage.start) // 60 for outage in gra.part.strip.outages] == [270]
    assert gra.part.strip.outages == [Outage(END - 54 * STEP, END - 49 * STEP)]
    assert gra.part.strip.unknown_seconds == 0
    assert sbg.part.strip.outages == []
    assert sbg.part.strip.unknown_seconds == 23 * STEP
    assert len(sbg.instances[1].strip.outages) == 1
    assert (gra.rooms, gra.people, gra.certificate_days) == (4, 17, 61)


def _facts(*changes: Change, language: str = "en") -> list[dict[str, str]]:
    """What each site's card says below its strips."""
    sites = Case(changes, {"language": language}).text().split("<article")[1:]
    return [dict(re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", site.partition("</article>")[0])) for site in sites]


def test_quality_and_used_capacity_are_said_of_a_site_that_has_the_figures() -> None:
    """What is lost or used is rounded up, and a score down; where nobody says it there is no line and no 0."""
    gra, sbg = _facts()
    assert (gra["Capacity used"], gra["Quality"]) == ("15 %", "1.3 % lost · score 9.8 of 10")
    assert sbg["Capacity used"] == "7 %" and "Quality" not in sbg
    assert _facts(saying("site:loss:ratio", None))[0]["Quality"] == "score 9.8 of 10"
    assert _facts(saying("site:score", None))[0]["Quality"] == "1.3 % lost"
    assert _facts(saying("site:loss:ratio", 0))[0]["Quality"] == "0 % lost · score 9.8 of 10"
    assert _facts(language="fr")[0]["Qualité"] == "1,3 % de pertes · note 9,8 sur 10"
    for metric in ("site:capacity:people", "meeting:peers"):
        assert "Capacity used" not in _facts(saying(metric, None))[0]


def test_an_outage_that_goes_on_has_no_end() -> None:
    status = Case((lost("gra", 25),)).status()
    assert status.sites[0].part.strip.outages[-1] == Outage(END - 1500, None)
    assert status.site_outage and status.site_outage.outage.end is None
    assert status.site_outage.others == ("sbg",)


def test_the_last_failover_is_the_last_change_between_single_masters() -> None:
    """While none or two say that they are the master, nothing is said to have moved."""
    status = CASES["good"].status()
    assert status.new_master == NewMaster("gra", "sbg", NOW - 15_960, NOW - 15_840)
    quiet: dict[str, list[Series]] = {"masters": [Series({"site": "gra"}, {NOW - 120: 1, NOW - 60: 0, NOW: 1})]}
    assert Case((_with(quiet),)).status().new_master is None


def _with(more: Answers) -> Change:
    return lambda answers: answers | more


def test_one_step_more_or_less_is_seen() -> None:
    """At both ends of the day, and beyond them."""
    known = strip(END, {END: 0, END - 287 * STEP: 1, END - 288 * STEP: 0, END + STEP: 1})
    assert (known.states[0], known.states[1], known.states[-1]) == (State.UP, State.UNKNOWN, State.DOWN)
    assert known.outages == [Outage(END - STEP, None)]
    assert known.runs[1].after - known.runs[1].first == 286


def test_names_from_labels_and_settings_are_text() -> None:
    """A title of HTML is shown as it is written; a server's label is not shown at all, whatever it holds."""
    evil = '<script>alert(1)</script>&"'
    labelled = saying("instance:serving:bool", 1)
    text = page(replace(CONFIG, title=evil), Case((labelled,)).status())
    assert evil not in text and "&lt;script&gt;" in text
    status = Case((_relabelled("10.17.0.64:3443"),)).status()
    assert list(status.sites[0].instances) == [1]
    assert "10.17" not in page(CONFIG, status)


def _relabelled(server: str) -> Change:
    def change(answers: Answers) -> Answers:
        return {
            name: [replace(s, labels=s.labels | {"server": server}) if "server" in s.labels else s for s in series]
            for name, series in answers.items()
        }

    return change


def test_a_site_that_prometheus_does_not_know_is_unknown_and_one_that_nobody_configured_is_not_shown() -> None:
    status = Case(config={"sites": ["gra", "waw"]}).status()
    known, unknown = status.sites
    assert isinstance(unknown, Site)
    assert (known.part.state, unknown.part.state, unknown.instances) == (State.UP, State.UNKNOWN, {})
    assert set(unknown.part.strip.states) == {State.UNKNOWN}
    assert "SBG" not in re.sub(r"(?s)<h2>Redis.*", "", Case(config={"sites": ["gra", "waw"]}).text())


def test_shares_are_never_rounded_up() -> None:
    english, french = Text("en"), Text("fr")
    assert [english.share(share) for share in (1, 0.99999, 0.9861, 0)] == ["100 %", "99.99 %", "98.61 %", "0 %"]
    assert french.share(0.99999) == "99,99 %"
    assert [english.duration(seconds) for seconds in (300, 3600, 7500, 86_400)] == ["5 min", "1 h", "2 h 5 min", "24 h"]


def test_the_languages_say_the_same() -> None:
    """The same keys with the same values in their places."""
    english, french = LANGUAGES.values()
    assert english.keys() == french.keys()
    for key, words in english.items():
        fields = [{name for _, name, _, _ in Formatter().parse(text) if name} for text in (words, french[key])]
        assert fields[0] == fields[1], key


def test_no_answer_is_told_from_an_empty_one() -> None:
    """Prometheus' refusal is an error; values that are no numbers are not known."""
    with pytest.raises(ValueError, match="no answer of Prometheus"):
        parse({"status": "error", "error": "query timed out"})
    result = [{"metric": {"site": "gra"}, "value": [NOW + 0.4, "NaN"]}]
    assert parse({"status": "success", "data": {"resultType": "vector", "result": result}}) == [
        Series({"site": "gra"}, {})
    ]
    assert "Monitoring does not answer." in CASES["unanswered"].text()
