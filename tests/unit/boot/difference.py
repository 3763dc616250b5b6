"""The difference of two documents of files, as a reviewer reads it: file by file, without the numbers of lines."""

import difflib
import re
from collections.abc import Iterator

CONTEXT = 3
Parts = dict[str, list[str]]
# A key of the document, a file of a cloud-config, or one of what is pushed.
_PART = re.compile(r"^(?=[a-z#]|- content:|  \S+: \|)", re.MULTILINE)
_PATH, _KEY = re.compile(r"^  path: (\S+)$", re.MULTILINE), re.compile(r" *([^\s:]+)")


def parts(text: str) -> Parts:
    """The lines of each key and of each file, by its name or path, as they stand in the document."""
    found = {}
    for part in filter(None, _PART.split(text)):
        name = _PATH.search(part) or _KEY.match(part)
        assert name
        found[name[1]] = part.splitlines()
    return found


def difference(before: str, after: str) -> str:
    """What makes the one document the other: empty when nothing does."""
    return "".join(f"{line}\n" for line in _lines(parts(before), parts(after)))


def in_place(names: Parts, more: Parts) -> list[str]:
    """The order of a document that takes over those of another: new files are sorted in, or come last."""
    kept = [name for name in more if name in names]
    new = [name for name in names if name not in more]
    if any(name.startswith("/") for name in names):
        return sorted([*kept, *new], key=lambda name: (name.startswith("/"), name))
    files = [name for name in kept if names[name][0].startswith("  ")]
    last = kept.index(files[-1]) + 1 if files else len(kept)
    return [*kept[:last], *new, *kept[last:]]


def _lines(before: Parts, after: Parts) -> Iterator[str]:
    if list(after) != in_place(after, before):
        yield f"=== in the order {' '.join(after)}"
    for path in sorted(before.keys() | after.keys()):
        if path not in after:
            yield f"--- {path} is not there"
        elif path not in before:
            yield f"+++ {path} is there too"
            yield from (f"+{line}" for line in after[path])
        else:
            hunks = difflib.unified_diff(before[path], after[path], n=CONTEXT, lineterm="")
            for line in list(hunks)[2:]:
                yield f"@@ {path}" if line.startswith("@@") else line
