"""The picture of one fault: who was not served from when to when, and what happened meanwhile."""

from xml.etree.ElementTree import Element

from drill.record import Drilled, Mark, Span
from drill.report.axis import Axis, axis
from drill.report.figures import figure, measure_of, verdict
from drill.report.labels import CHARACTER, placed, width
from drill.report.svg import add, picture, text

WIDTH = 960.0
_EDGE = 16.0
_ROW, _LANE, _SPACE = 17.0, 20.0, 14.0
_WRITING = _LANE / 2 + 4  # the base of a lane's words, below its top
_LABELS = 70.0  # the base of the first row of labels
_ROWS = 16  # of labels, at the most: a picture of more marks is none
_FIGURES = 104.0  # what was seen and what was allowed, right of the lanes
# The measure that belongs to a lane, by the lane's first word.
MEASURES = {"pages": "page", "rooms": "join", "media": "media", "writes": "write"}
# Spans nearer to each other than this many pixels are drawn as one.
_NEAR = 3.0


def timeline(one: Drilled) -> str:
    """The SVG of one fault's timeline."""
    return _Timeline(one).draw()


class _Timeline:
    """Where everything is: the title, rows of labels, lanes, the axis, the legend, from the top to the bottom."""

    def __init__(self, one: Drilled) -> None:
        self.one = one
        self.left = _EDGE + max([60.0, *(width(lane) for lane in one.lanes)]) + 10
        self.right = WIDTH - _EDGE - _FIGURES
        marks = _with_ends(one)
        self.axis: Axis = axis(_moments(one, marks), left=self.left + 6, right=self.right - 6)
        labels = placed([(self.axis.x(mark.at), _said(mark)) for mark in marks], left=_EDGE, right=self.right)
        self.marks = [(mark, label) for mark, label in zip(marks, labels, strict=True) if label.row < _ROWS]
        self.unsaid = len(marks) - len(self.marks)
        rows = max(label.row for _, label in self.marks) + 1
        self.top = _LABELS + (rows + bool(self.unsaid)) * _ROW + 6
        self.lanes = {lane: self.top + number * (_LANE + _SPACE) for number, lane in enumerate(one.lanes)}
        self.bottom = self.top + len(one.lanes) * (_LANE + _SPACE)
        self.height = self.bottom + 62

    def draw(self) -> str:
        """The whole picture."""
        one = self.one
        title = f"{one.name}: {verdict(passed=one.passed)}"
        root = picture(WIDTH, self.height, title, _described(one))
        self._head(root)
        self._axis(root)
        for lane, y in self.lanes.items():
            self._lane(root, lane, y)
        self._breaks(root)
        self._marks(root)
        for lane, y in self.lanes.items():
            self._durations(root, self._drawn(lane), y + _WRITING)
        self._legend(root)
        return text(root)

    def _head(self, root: Element) -> None:
        one = self.one
        add(root, "text", "ink title", x=_EDGE, y=28.0, words=one.name)
        sign, style = ("✓", "good") if one.passed else ("✗", "bad")
        words = f"{sign} {verdict(passed=one.passed)}"
        add(root, "text", f"{style} title end", x=WIDTH - _EDGE, y=28.0, words=words)
        most = int((WIDTH - 2 * _EDGE) / CHARACTER)
        title = f"{one.title}: {one.done}"
        add(root, "text", "faint", x=_EDGE, y=48.0, words=title if len(title) <= most else f"{title[: most - 1]}…")

    def _axis(self, root: Element) -> None:
        begin, end = self.axis.x(0), self.axis.x(self.one.healed)
        tip = f"the fault lasted {figure(self.one.healed, 's')}"
        height = self.bottom - self.top + 4
        add(root, "rect", "active", x=begin, y=self.top - 8, width=max(end - begin, 1), height=height, tip=tip)
        for tick in self.axis.ticks:
            x = self.axis.x(tick)
            add(root, "line", "grid", x1=x, y1=self.top - 8, x2=x, y2=self.bottom)
            add(root, "text", "faint middle", x=x, y=self.bottom + 15, words=figure(tick, "s"))

    def _lane(self, root: Element, lane: str, y: float) -> None:
        add(root, "text", "ink end", x=self.left - 10, y=y + _WRITING, words=lane)
        tip = f"{lane}: served"
        add(root, "rect", "served", x=self.left, y=y, width=self.right - self.left, height=_LANE, rx=3, tip=tip)
        for begin, end, seconds in self._drawn(lane):
            tip = f"{lane}: not served for {figure(seconds, 's')}"
            add(root, "rect", "lost", x=begin, y=y, width=end - begin, height=_LANE, rx=2, tip=tip)
        self._seen(root, lane, y)

    def _spans(self, lane: str) -> list[Span]:
        return sorted((span for span in self.one.spans if span.lane == lane), key=lambda span: span.begin)

    def _drawn(self, lane: str) -> list[tuple[float, float, float]]:
        """Left, right and seconds of what is drawn of a lane's spans: wide enough to be seen, near ones as one."""
        drawn: list[tuple[float, float, float]] = []
        for span in self._spans(lane):
            begin = self.axis.x(span.begin)
            end = max(self.axis.x(span.end), begin + 2)
            if drawn and begin - drawn[-1][1] < _NEAR:
                before = drawn.pop()
                drawn.append((before[0], max(end, before[1]), before[2] + span.end - span.begin))
            else:
                drawn.append((begin, end, span.end - span.begin))
        return drawn

    def _durations(self, root: Element, drawn: list[tuple[float, float, float]], y: float) -> None:
        """How long each lasted: inside where it fits, else right of it where there is room."""
        for number, (begin, end, seconds) in enumerate(drawn):
            words = figure(seconds, "s")
            following = drawn[number + 1][0] if number + 1 < len(drawn) else self.right
            if end - begin > width(words):
                add(root, "text", "onlost strong middle", x=(begin + end) / 2, y=y, words=words)
            elif following - end > width(words) + 6:
                add(root, "text", "onserved strong", x=end + 4, y=y, words=words)

    def _seen(self, root: Element, lane: str, y: float) -> None:
        """The longest of a lane beside it; what was allowed as a whisker that begins where the longest began."""
        longest, budget = _longest(self.one, lane)
        seconds = longest.end - longest.begin
        style = "bad strong" if budget is not None and seconds > budget else "ink"
        words = figure(seconds, "s") if seconds else "served"
        words = f"{figure(seconds)} / {figure(budget, 's')}" if budget is not None else words
        add(root, "text", style, x=self.right + 10, y=y + _WRITING, words=words)
        if budget is not None:
            begin, end = self.axis.x(longest.begin), self.axis.x(longest.begin + budget)
            below = y + _LANE + 5
            tip = f"allowed: {figure(budget, 's')}"
            path = f"M{begin:.1f} {below - 3:.1f}v6m0 -3H{end:.1f}m0 -3v6"
            add(root, "path", "budget", d=path, tip=tip)

    def _breaks(self, root: Element) -> None:
        """What is left out, torn out of all lanes."""
        for left_out in self.axis.breaks:
            middle = (left_out.left + left_out.right) / 2
            tip = f"{figure(left_out.end - left_out.begin, 's')} left out, in which nothing changed"
            top, bottom = self.top - 8, self.bottom + 2
            add(root, "rect", "paper", x=middle - 5, y=top, width=10.0, height=bottom - top, tip=tip)
            steps = "l3 6l-3 6" * int((bottom - top) // 12)
            for x in (middle - 7, middle + 4):
                add(root, "path", "torn", d=f"M{x:.1f} {top:.1f}{steps}")

    def _marks(self, root: Element) -> None:
        """Lines from the labels down to the lanes, then the labels: one may lie on another's line all the same."""
        for mark, label in self.marks:
            style = "begin" if mark.at == 0 else "healed" if mark.at == self.one.healed else "line dashed"
            x, bottom = self.axis.x(mark.at), self.lanes.get(mark.lane, self.bottom)
            add(root, "line", style, x1=x, y1=_LABELS + label.row * _ROW - 9, x2=x, y2=bottom)
            if mark.lane in self.lanes:
                add(root, "circle", "ink", cx=x, cy=bottom, r=3)
        for mark, label in self.marks:
            tip = _said(mark) if label.text != _said(mark) else ""
            add(root, "text", "ink halo", x=label.left, y=_LABELS + label.row * _ROW, words=label.text, tip=tip)
        if self.unsaid:
            words = f"and {self.unsaid} more that the report's data have"
            add(root, "text", "faint", x=self.left, y=_LABELS + _ROWS * _ROW, words=words)

    def _legend(self, root: Element) -> None:
        y = self.height - 16
        x = self.left
        for style, words in (("served", "served"), ("lost", "not served"), ("active", "while the fault lasted")):
            add(root, "rect", style, x=x, y=y - 9, width=14.0, height=10.0)
            add(root, "text", "faint", x=x + 19, y=y, words=words)
            x += width(words) + 40
        add(root, "path", "budget", d=f"M{x:.1f} {y - 7:.1f}v6m0 -3h16m0 -3v6")
        add(root, "text", "faint", x=x + 22, y=y, words="budget: the longest allowed")
        add(root, "text", "faint", x=self.right + 10, y=self.top - 14, words="longest / budget")


def _with_ends(one: Drilled) -> list[Mark]:
    """The marks, and injection and healing where no mark on all lanes names them."""
    named = {mark.at for mark in one.marks if not mark.lane}
    ends = [Mark(0, "", "injected"), Mark(one.healed, "", "healed")]
    return [*(mark for mark in ends if mark.at not in named), *one.marks]


def _longest(one: Drilled, lane: str) -> tuple[Span, float | None]:
    """The longest time that a lane was not served, and its budget; None where nothing is promised."""
    spans = [span for span in one.spans if span.lane == lane]
    (first, *_) = lane.replace(",", "").split()
    measure = measure_of(one, MEASURES.get(first, ""))
    longest = max(spans, key=lambda span: span.end - span.begin, default=Span(lane, 0, 0))
    return longest, measure.budget if measure and lane not in one.unpromised else None


def _moments(one: Drilled, marks: list[Mark]) -> list[float]:
    """When something happened, or would have been too late; from the injection to the end."""
    end = max(one.seconds, 1.0)
    moments = [moment for span in one.spans for moment in (span.begin, span.end)]
    moments += [longest.begin + budget for longest, budget in (_longest(one, lane) for lane in one.lanes) if budget]
    return [0.0, end, *(moment for moment in [*moments, *(mark.at for mark in marks)] if moment < end)]


def _said(mark: Mark) -> str:
    return mark.what if mark.at == 0 else f"{figure(mark.at, 's')} {mark.what}"


def _described(one: Drilled) -> str:
    """The picture in sentences."""
    longest = dict.fromkeys(one.lanes, 0.0)
    for span in one.spans:
        longest[span.lane] = max(longest.get(span.lane, 0.0), span.end - span.begin)
    lanes = [f"{lane}: not served for {figure(s, 's')}" if s else f"{lane}: served" for lane, s in longest.items()]
    return f"{one.title}: {one.done}. {'; '.join(lanes)}."
