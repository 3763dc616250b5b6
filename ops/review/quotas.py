"""Ask the regions of several stacks for their quotas, while their previews are made: a review then need not wait.

python -m ops quotas gra sbg witness > quotas.json
python -m ops review gra=gra.json ... --quotas quotas.json
"""

import sys
from functools import partial
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from fleet.arguments import HERE, Directory, Stacks
from fleet.bounded import NoAnswer, ask
from fleet.quota import Room
from fleet.stacks import stacks
from ops.review.quota import room

# Seconds; a preview takes some, and three follow each other.
PATIENCE = 15.0

Quotas = dict[str, dict[str, Room] | NoAnswer]
_FORMAT = TypeAdapter(Quotas)


def read(file: Path) -> Quotas:
    """What was asked; nothing where the file has nothing."""
    try:
        return _FORMAT.validate_json(file.read_bytes())
    except (OSError, ValidationError):
        return {}


def main(stack: Stacks, *, directory: Directory = HERE) -> int:
    """The command: JSON by stack."""
    regions = {one.name: str(one.raw()["region"]) for one in stacks(stack, directory)}
    answers = ask({name: partial(room, region) for name, region in regions.items()}, PATIENCE)
    sys.stdout.buffer.write(_FORMAT.dump_json(answers, indent=1) + b"\n")
    return 0
