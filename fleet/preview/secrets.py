"""What must be seen nowhere: private keys in clear, and settings that only an encrypted stack file may hold."""

import re
from collections.abc import Iterator
from pathlib import Path

from fleet.preview.preview import SECRET, UNKNOWN, Preview, PreviewError, ResourceState
from settings import PROJECT
from settings.load import SECRET_KEYS

_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")
_OPEN, _CLOSE = "{[", "}]"
_LEFT_OUT = "..."
# Where the engine and providers write values into what they say: in quotes, after the name of a secret or the word
# "value", in an address; and what looks like a key or a digest by itself.
_VALUES = (
    (re.compile(r"(://)[^/\s@]+@"), rf"\1{_LEFT_OUT}@"),
    (re.compile(r"""(?<!\w)(["'`])(?:(?!\1).)+\1"""), rf"\1{_LEFT_OUT}\1"),
    (re.compile(r"(?i)((?:pass|secret|token|credential|key)\w*\s*[=:]\s*)\S+"), rf"\1{_LEFT_OUT}"),
    (re.compile(r"(?i)(\bvalue:?\s+)(?!of\b|is\b|at\b|must\b|[{\[])\S+"), rf"\1{_LEFT_OUT}"),
    (re.compile(r"\b(?=\w*\d)(?=\w*[A-Za-z])[\w+/=]{20,}"), _LEFT_OUT),
)


def in_clear(value: object) -> bool:
    """Whether a private key stands in a value, at whatever depth."""
    if isinstance(value, dict):
        return any(in_clear(inner) for inner in value.values())
    if isinstance(value, list):
        return any(in_clear(inner) for inner in value)
    return isinstance(value, str) and bool(_PRIVATE_KEY.search(value))


def shown(text: str) -> str:
    """A text that somebody else wrote, without what may be a value: errors hold secret inputs that are malformed."""
    if in_clear(text):
        return "(not shown: it holds a private key)"
    said = _outside_brackets(text)
    for values, instead in _VALUES:
        said = values.sub(instead, said)
    return said


def why_not(path: Path, error: PreviewError) -> str:
    """Why a preview's file cannot be used, with the last that the engine said beside it, in FILE.err."""
    said = path.with_name(f"{path.name}.err")
    lines = said.read_text(errors="replace").strip().splitlines() if said.is_file() else []
    return "\n".join([str(error), *map(shown, lines[-1:])])


def _outside_brackets(text: str) -> str:
    """Without what stands in brackets: property maps; of a bracket that nothing closes, without the rest."""
    depth, kept = 0, []
    for char in text:
        if char in _OPEN:
            kept += [char, _LEFT_OUT] if depth == 0 else []
            depth += 1
        elif char in _CLOSE and depth:
            depth -= 1
            kept += [char] if depth == 0 else []
        elif depth == 0:
            kept.append(char)
    return "".join(kept)


def settings_in_clear(preview: Preview) -> list[str]:
    """The secret keys of a stack's configuration whose values the engine did not hide."""
    given = {key.removeprefix(f"{PROJECT}:"): value for key, value in preview.config.items()}
    return sorted(key for key in SECRET_KEYS & given.keys() if given[key] != SECRET)


def states_in_clear(preview: Preview) -> Iterator[ResourceState]:
    """The resources, as they will be, that hold a boot document or a private key in clear."""
    for step in preview.steps:
        state = step.after
        if state is None:
            continue
        document = state.inputs.get("userData", SECRET)
        if document not in (SECRET, UNKNOWN) or in_clear(state.inputs) or in_clear(state.outputs):
            yield state
