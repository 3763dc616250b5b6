"""Previews as the engine wrote them, in `previews/`: what the review is tried with.

python -m tests.unit.ops.review.recorded gra preview.json              a site that stays as it is, whole
python -m tests.unit.ops.review.recorded gra-opened preview.json       what a change does to it

The file given is one of `pulumi preview --json --show-sames`. Everything stays as it is but for what says where it was
made or is read by nobody here: places in sources, times, raw states, and the outputs of most resources. Of a change
what stays the same is left out; `whole` puts it back.
"""

import json
import sys
from pathlib import Path
from typing import Any

from fleet.preview.preview import FLOATING_IP, PORT, RULE, STACK

DIRECTORY = Path(__file__).parent / "previews"
_LEFT_OUT = {
    *("stackTrace", "sourcePosition", "created", "modified", "duration"),
    *("parent", "provider", "dependencies", "additionalSecretOutputs", "aliases", "replaceOnChanges"),
    *("__defaults", "__meta", "__pulumi_raw_state_delta"),
}
_KEPT_FOR = {"outputs": {STACK, FLOATING_IP}, "propertyDependencies": {RULE, PORT}}


def changed(name: str) -> dict[str, Any]:
    """A recorded preview as plain JSON, to be changed at will; as without --show-sames."""
    loaded: dict[str, Any] = json.loads((DIRECTORY / f"{name}.json").read_text())
    return loaded


def whole(name: str) -> dict[str, Any]:
    """The same as with --show-sames: with what stays as it is at the site, which the name begins with."""
    found = changed(name)
    steps = {step["urn"]: step for step in found["steps"]}
    kept = [steps.pop(step["urn"], step) for step in changed(name.partition("-")[0])["steps"]]
    return found | {"steps": [*kept, *steps.values()]}


def _text(digest: dict[str, Any], *, sames: bool) -> str:
    """A step a line."""
    head = json.dumps({**_slim(digest), "steps": "STEPS"}, indent=1, ensure_ascii=False)
    shown = [step for step in digest["steps"] if sames or step["op"] != "same" or STACK in step["urn"]]
    steps = ",\n".join(json.dumps(_slim(step), ensure_ascii=False) for step in shown)
    return head.replace('"STEPS"', f"[\n{steps}\n]") + "\n"


def _slim(value: Any) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, list):
        return [_slim(one) for one in value]
    if not isinstance(value, dict):
        return value
    type_ = value.get("type") if "urn" in value else None  # of a resource's state
    left_out = _LEFT_OUT | {key for key, types in _KEPT_FOR.items() if type_ and type_ not in types}
    return {key: _slim(inner) for key, inner in value.items() if key not in left_out}


if __name__ == "__main__":
    _, name, file = sys.argv
    recorded = json.loads(Path(file).read_text())
    (DIRECTORY / f"{name}.json").write_text(_text(recorded, sames="-" not in name))
