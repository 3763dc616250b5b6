"""What must be seen nowhere: private keys in clear, and settings that only an encrypted stack file may hold."""

import re
from collections.abc import Iterator

from fleet.preview.preview import SECRET, UNKNOWN, Preview, ResourceState
from settings import PROJECT
from settings.load import SECRET_KEYS

_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")


def in_clear(value: object) -> bool:
    """Whether a private key stands in a value, at whatever depth."""
    if isinstance(value, dict):
        return any(in_clear(inner) for inner in value.values())
    if isinstance(value, list):
        return any(in_clear(inner) for inner in value)
    return isinstance(value, str) and bool(_PRIVATE_KEY.search(value))


def shown(text: str) -> str:
    """A text that somebody else wrote, if it may be seen."""
    return "(not shown: it holds a private key)" if in_clear(text) else text


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
