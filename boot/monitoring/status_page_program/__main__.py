"""Make the status page once: python3 -m status_page settings.json."""

import json
import sys
import time
from http.client import HTTPException
from pathlib import Path

from .model import Config, status
from .page import page
from .query import Answers, ask


def main() -> None:
    """Write the page in the place of the one before, at once; what Prometheus does not answer is unknown on it."""
    config = Config(**json.loads(Path(sys.argv[1]).read_text()))
    now = int(time.time())
    answers: Answers = {}
    try:
        answers = ask(config.prometheus, now)
    except (OSError, ValueError, HTTPException) as error:
        print(f"{config.prometheus}: {error}", file=sys.stderr)
    file = Path(config.file)
    new = file.with_name(f".{file.name}.new")
    new.write_text(page(config, status(config, answers, now)), encoding="utf-8")
    new.replace(file)


if __name__ == "__main__":
    main()
