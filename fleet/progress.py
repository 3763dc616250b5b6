"""How long work shows itself: what runs, how long it usually takes, how long it took, where its log is."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_STARTED = time.monotonic()


def say(text: str) -> None:
    """One line on standard error, with the seconds since the program started."""
    print(f"[{time.monotonic() - _STARTED:6.1f} s] {text}", file=sys.stderr, flush=True)


@contextmanager
def phase(what: str, *, usually: str = "", log: Path | None = None) -> Iterator[None]:
    """Announce a piece of work and report how long it took.

    Args:
        what: the work, in the imperative: "build the guest image".
        usually: how long it takes on two cores, for whoever waits: "about 4 min".
        log: where its output goes; named when the work fails.
    """
    say(f"{what}{f' ({usually})' if usually else ''} ...")
    begun = time.monotonic()
    try:
        yield
    except BaseException:
        say(f"{what}: FAILED after {time.monotonic() - begun:.1f} s{f'; see {log}' if log else ''}")
        raise
    say(f"{what}: done in {time.monotonic() - begun:.1f} s")
