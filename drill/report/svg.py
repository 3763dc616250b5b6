"""SVG by elements: escaped, and styled by classes that have a light and a dark side."""

from xml.etree.ElementTree import Element, SubElement, indent, tostring

_NAMESPACE = "http://www.w3.org/2000/svg"
# Colours told apart by all kinds of eyes: the calm one is a blue green, the other a red of another lightness. GitHub's
# backgrounds, so that the picture has no border there. Without CSS variables, which not every renderer knows.
_LIGHT = """
.paper { fill: #ffffff } .ink { fill: #1f2328 } .faint { fill: #59636e } .line, .torn { stroke: #818b98 }
.grid { stroke: #e3e7eb } .served { fill: #a9d3cf } .lost { fill: #c93545 } .active { fill: #6e7781 }
.good { fill: #1a7f37 } .bad { fill: #c93545 } .begin { stroke: #1f2328 } .healed { stroke: #1a7f37 }
.budget { stroke: #1f2328 } .halo { stroke: #ffffff } .onlost { fill: #ffffff; stroke: #c93545 }
.onserved { fill: #1f2328; stroke: #a9d3cf }
"""
_DARK = """
.paper { fill: #0d1117 } .ink { fill: #e6edf3 } .faint { fill: #9198a1 } .line, .torn { stroke: #6e7681 }
.grid { stroke: #21262d } .served { fill: #24595a } .lost { fill: #f0606d } .active { fill: #b1bac4 }
.good { fill: #4ac26b } .bad { fill: #ff7b85 } .begin { stroke: #e6edf3 } .healed { stroke: #4ac26b }
.budget { stroke: #e6edf3 } .halo { stroke: #0d1117 } .onlost { fill: #0d1117; stroke: #f0606d }
.onserved { fill: #e6edf3; stroke: #24595a }
"""
_COMMON = """
text { font: 11px system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif }
.title { font-size: 16px; font-weight: 600 } .strong { font-weight: 600 } .active { fill-opacity: 0.1 }
.halo, .onlost, .onserved { stroke-width: 3px; stroke-linejoin: round; paint-order: stroke }
.dashed { stroke-dasharray: 3 3 } .end { text-anchor: end } .middle { text-anchor: middle }
line, .budget { fill: none; stroke-width: 1px }
.budget { stroke-width: 1.5px } .torn { fill: none }
"""


def picture(width: float, height: float, title: str, description: str) -> Element:
    """An empty picture: its size, its colours, and what a screen reader says of it."""
    root = Element(
        "svg",
        {
            "xmlns": _NAMESPACE,
            "viewBox": f"0 0 {width:g} {height:g}",
            "width": f"{width:g}",
            "height": f"{height:g}",
            "role": "img",
            "aria-labelledby": "title description",
        },
    )
    SubElement(root, "title", {"id": "title"}).text = title
    SubElement(root, "desc", {"id": "description"}).text = description
    SubElement(root, "style").text = f"{_COMMON}{_LIGHT}@media (prefers-color-scheme: dark) {{{_DARK}}}"
    SubElement(root, "rect", {"class": "paper", "width": "100%", "height": "100%"})
    return root


def add(parent: Element, tag: str, style: str = "", *, words: str = "", tip: str = "", **place: float | str) -> Element:
    """A new element.

    Args:
        parent: what it is put into.
        tag: such as "rect".
        style: its classes.
        words: its text.
        tip: what is shown when the pointer rests on it.
        place: its attributes; pixels are rounded to tenths.
    """
    given = {key: value if isinstance(value, str) else f"{round(value, 1):g}" for key, value in place.items()}
    element = SubElement(parent, tag, {**({"class": style} if style else {}), **given})
    element.text = words or None
    if tip:
        SubElement(element, "title").text = tip
    return element


def text(root: Element) -> str:
    """The picture's text, an element a line."""
    indent(root, "")
    return tostring(root, encoding="unicode") + "\n"
