"""Ask the regions of several stacks for their quotas, while their previews are made: a review then need not wait.

python -m ops.review.quotas gra sbg witness > quotas.json
python -m ops.review gra=gra.json ... --quotas quotas.json
"""

import argparse
import sys
from functools import partial
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from fleet.bounded import NoAnswer, ask
from fleet.stacks import StackError, stacks
from ops.review.quota import Room, room

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


def main() -> int:
    """The command: JSON by stack."""
    parser = argparse.ArgumentParser(
        prog="python -m ops.review.quotas", description="What the stacks' regions may have."
    )
    parser.add_argument("stack", nargs="+")
    parser.add_argument("--directory", type=Path, default=Path(), help="where the stacks' files are")
    args = parser.parse_args()
    try:
        regions = {stack.name: str(stack.raw()["region"]) for stack in stacks(args.stack, args.directory)}
    except StackError as error:
        print(error, file=sys.stderr)
        return 1
    answers = ask({name: partial(room, region) for name, region in regions.items()}, PATIENCE)
    sys.stdout.buffer.write(_FORMAT.dump_json(answers, indent=1) + b"\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
