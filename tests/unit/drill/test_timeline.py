"""The picture of a fault: valid, small, without a script, and what it shows is where it belongs."""

import re
from dataclasses import replace
from itertools import pairwise
from xml.etree.ElementTree import Element, fromstring

import pytest

from drill.record import Drilled, Mark, Measure, Span
from drill.report.axis import axis
from drill.report.labels import Label, placed, width
from drill.report.timeline import timeline
from tests.unit.drill.drilled import KEPT, MISSED

SVG = "{http://www.w3.org/2000/svg}"
LIMIT = 20_000  # bytes
# Far more than a drill sees: every second another loss, eighty things that happened.
CROWDED = Drilled(
    name="site-rolled",
    title="A title & <more> " * 20,
    done="everything " * 20,
    measures=(Measure("page", "s", 1, 2),),
    lanes=tuple(f"{what} {site}" for what in ("pages", "rooms", "media", "writes") for site in ("gra", "sbg")),
    spans=tuple(Span(f"{what} gra", t, t + 0.4) for what in ("pages", "rooms", "media") for t in range(600)),
    marks=tuple(Mark(n / 7, "pages gra" if n % 3 else "", f"{n}: a thing & <its> name " * 3) for n in range(80)),
    healed=300,
    seconds=600,
)
QUIET = Drilled("witness-lost", "The witness is lost", "paused it", (), ("writes",), (), (), 0.0, 0.0)
SHORT = replace(KEPT, healed=1.0, seconds=10.0, marks=(Mark(9.8, "", "a long name for all that is redundant"),))
LONG = replace(KEPT, healed=300.0, seconds=600.0, marks=(Mark(600, "", "all redundant"),))
ALL = {"kept": KEPT, "missed": MISSED, "crowded": CROWDED, "quiet": QUIET, "short": SHORT, "long": LONG}
each = pytest.mark.parametrize("one", ALL.values(), ids=ALL.keys())


def drawn(one: Drilled) -> Element:
    return fromstring(timeline(one))  # noqa: S314 - our own text


def texts(root: Element, style: str = "") -> dict[str, Element]:
    """The texts of a class, by what they say."""
    found = [
        element for element in root.iter(f"{SVG}text") if style in (element.get("class") or "").split() or not style
    ]
    return {(element.text or "").strip(): element for element in found}


def rects(root: Element, style: str) -> list[Element]:
    """The rectangles of a class in the picture itself, not those of its legend."""
    found = [r for r in root.iter(f"{SVG}rect") if r.get("class") == style]
    return [r for r in found if float(r.get("height", "0")) > 10]


def number(element: Element, attribute: str) -> float:
    return float(element.attrib[attribute])


@each
def test_the_picture_is_small_and_has_no_script(one: Drilled) -> None:
    """XML that parses (a name with & and < too), text as text, a description for those who do not see it."""
    text = timeline(one)
    assert len(text.encode()) < LIMIT
    root = fromstring(text)  # noqa: S314 - our own text
    assert root.get("role") == "img"
    named = {element.get("id"): element.text for element in root if element.get("id")}
    assert list(named) == (root.get("aria-labelledby") or "").split()
    assert one.name in str(named["title"])
    assert all(lane in str(named["description"]) for lane in one.lanes)
    assert not [element for element in root.iter() if element.tag.endswith(("script", "image", "use", "a"))]
    assert not re.search(r"href|url\(|javascript|\son\w+=", text)
    assert timeline(one) == text


@each
def test_everything_lies_inside_the_picture(one: Drilled) -> None:
    root = drawn(one)
    right, bottom = (float(size) for size in root.attrib["viewBox"].split()[2:])
    for element in [*root.iter(f"{SVG}rect"), *root.iter(f"{SVG}text")]:
        if "x" in element.attrib:
            assert number(element, "x") >= 0
            assert number(element, "x") + float(element.get("width", 0)) <= right
            assert 0 <= number(element, "y") <= bottom


def test_a_reader_in_the_dark_gets_every_colour_anew() -> None:
    """Each class that has a colour in the light has one in the dark."""
    style = str(next(drawn(KEPT).iter(f"{SVG}style")).text)
    light, dark = style.split("@media (prefers-color-scheme: dark)")
    coloured = re.compile(r"([^{}]+)\{[^{}]*#[0-9a-f]{6}[^{}]*\}")
    assert {part.strip() for part in coloured.findall(light)} == {part.strip(" {\n") for part in coloured.findall(dark)}


def test_each_lane_shows_when_it_was_not_served() -> None:
    """A span is as long as its seconds on the axis, on its own lane, with its duration; a lane without one is calm."""
    root = drawn(KEPT)
    lost, served = rects(root, "lost"), rects(root, "served")
    assert len(served) == len(KEPT.lanes)
    assert [number(r, "y") for r in lost] == [number(served[2], "y"), number(served[3], "y")]
    ratio = number(lost[1], "width") / number(lost[0], "width")
    assert ratio == pytest.approx(5.7 / 1.2, rel=0.03)
    said = texts(root)
    assert "5.7 s" in said and "1.2 s" in said
    assert number(lost[1], "x") < number(said["5.7 s"], "x") < number(lost[1], "x") + number(lost[1], "width")


def test_budgets_stand_where_they_are_promised() -> None:
    """A whisker for a lane with a budget, from the begin of its loss; the lane that misses it is marked."""
    root = drawn(MISSED)
    whiskers = [path for path in root.iter(f"{SVG}path") if path.get("class") == "budget"]
    assert [str(next(path.iter(f"{SVG}title")).text) for path in whiskers[:-1]] == [
        "allowed: 10 s",
        "allowed: 15 s",
        "allowed: 7 s",
    ]
    pages = rects(root, "lost")[0]
    begin, end = re.findall(r"M([\d.]+) .*H([\d.]+)", whiskers[0].attrib["d"])[0]
    assert float(begin) == pytest.approx(number(pages, "x"), abs=0.1)
    assert (float(end) - float(begin)) / number(pages, "width") == pytest.approx(10 / 12.84, rel=0.01)
    assert set(texts(root, "bad")) >= {"12.8 / 10 s", "59.5 / 7 s"}
    assert "14 / 15 s" not in texts(root, "bad") and "14 / 15 s" in texts(root)


@pytest.mark.parametrize(("one", "sign"), [(KEPT, "✓ passed"), (MISSED, "✗ failed")])
def test_the_verdict_is_said_in_words(one: Drilled, sign: str) -> None:
    assert sign in texts(drawn(one))


def test_injection_and_healing_are_shown_without_marks_of_their_own() -> None:
    """And not twice where a mark names them; a mark of a lane ends there."""
    said = texts(drawn(MISSED))
    assert "injected" in said and "40 s cables back" in said and "40 s healed" not in said
    said = texts(drawn(KEPT))
    assert "powered off" in said and "injected" not in said and "41 s healed" in said
    root = drawn(KEPT)
    (dot,) = root.iter(f"{SVG}circle")
    assert number(dot, "cy") == number(rects(root, "served")[3], "y")
    assert [
        line for line in root.iter(f"{SVG}line") if line.get("x1") == dot.get("cx") and line.get("y2") == dot.get("cy")
    ]


def test_marks_beyond_what_can_be_read_are_counted() -> None:
    """The first are readable; all others are in the report's data, which the picture says."""
    root = drawn(CROWDED)
    shown = texts(root, "halo")
    (said,) = [text for text in texts(root) if text.startswith("and ")]
    assert len(shown) >= 16
    assert said == f"and {len(CROWDED.marks) + 1 - len(shown)} more that the report's data have"


def _overlap(one: Label, other: Label) -> bool:
    return (
        one.row == other.row and one.left < other.left + width(other.text) and other.left < one.left + width(one.text)
    )


@pytest.mark.parametrize("places", [(10, 12, 14, 16), (10, 300, 301, 780), (790, 795, 799), (400, 400, 400), (5,)])
def test_labels_lie_beside_their_lines_and_over_no_other(places: tuple[int, ...]) -> None:
    lines = [(float(place), f"{place} something happened here") for place in places]
    labels = placed(lines, left=0, right=800)
    assert [label.text for label in labels] == [text for _, text in lines]
    for number, label in enumerate(labels):
        assert not [other for other in labels[number + 1 :] if _overlap(label, other)]
        assert label.left >= 0
        assert label.left + width(label.text) <= 800
        line = lines[number][0]
        assert min(abs(label.left - line), abs(label.left + width(label.text) - line)) < 10


@pytest.mark.parametrize("places", [(10, 12, 14, 16), (500, 600, 700, 790), (100, 130, 700, 790)])
def test_no_line_crosses_a_label(places: tuple[int, ...]) -> None:
    """A line begins at its own label's row and goes down."""
    labels = placed([(float(place), f"{place} something happened") for place in places], left=0, right=800)
    for place, own in zip(places, labels, strict=True):
        below = [label for label in labels if label.row > own.row]
        assert not [label for label in below if label.left < place < label.left + width(label.text)]


def test_a_long_label_is_cut() -> None:
    (label,) = placed([(10.0, "x" * 200)], left=0, right=800)
    assert label.text == "x" * 55 + "…"


def test_a_short_axis_is_linear() -> None:
    """Ten seconds, whatever happens when: nothing is left out."""
    found = axis([0, 0.5, 10], left=100, right=900)
    assert found.breaks == []
    assert [found.x(at) for at in (-1, 0, 5, 10, 11)] == [100, 100, 500, 900, 900]
    assert found.ticks == [float(n) for n in range(11)]


def test_long_stretches_without_events_are_left_out() -> None:
    """Six of six hundred seconds get most of the picture; order is kept, ticks can be read."""
    found = axis([0, 3.4, 5.9, 300, 600], left=100, right=900)
    assert len(found.breaks) == 2
    assert [stretch for stretch in found.breaks if stretch.begin < 5.9 or 299.9 < stretch.begin < 300] == []
    assert found.x(5.9) - found.x(0) > 300
    places = [found.x(at / 10) for at in range(6001)]
    assert all(before <= after for before, after in pairwise(places))
    assert [places[0], places[-1]] == pytest.approx([100, 900])
    assert all(after - before > 40 for before, after in pairwise(found.x(tick) for tick in found.ticks))
    assert any(tick > 295 for tick in found.ticks) and found.ticks[0] == 0


def test_what_happens_all_the_time_is_left_whole() -> None:
    """Six hundred seconds in which something happens every forty: one scale."""
    found = axis([float(at) for at in range(0, 601, 40)], left=100, right=900)
    assert found.breaks == []
    assert found.x(300) == pytest.approx(500)


def test_a_budget_stands_beside_each_lane_that_is_promised_something() -> None:
    """Named as the drill names its lanes; who is cut off is promised nothing."""
    lanes = ("pages, gra first", "writes, gra", "writes, sbg")
    cut = replace(KEPT, lanes=lanes, spans=tuple(Span(lane, 0.0, 30.0) for lane in lanes), unpromised=("writes, gra",))
    beside = [words for words in texts(drawn(replace(cut, spans=cut.spans[1:])), "ink") if words.endswith(" s")]
    assert "30 s" in beside
    assert "30 / 8 s" in texts(drawn(cut), "bad")
