"""Waiting, with a deadline, for something that shows by itself."""

import time
from collections.abc import Callable


def until(
    lacking: Callable[[], str],
    *,
    seconds: float,
    what: str,
    error: Callable[[str], Exception] = TimeoutError,
    pause: float = 0.5,
) -> float:
    """Look again and again until nothing is lacking.

    Args:
        lacking: what is not as it is to be, in words; empty when all is. An OSError of it is lacking too.
        seconds: the deadline; one look at least is taken, and one after it.
        what: what is waited for, for the failure.
        error: what is raised, made of the message.
        pause: seconds between two looks.

    Returns:
        The seconds that it took.

    Raises:
        Exception: `error`, with what was last seen.
    """
    begun = time.monotonic()
    while True:
        try:
            seen = lacking()
        except OSError as refused:
            seen = f"{type(refused).__name__}: {refused}"
        took = time.monotonic() - begun
        if not seen:
            return took
        if took >= seconds:
            raise error(f"{what}: not in {seconds:.0f} s; last seen: {seen}")
        time.sleep(pause)
