"""Waiting for a server's marker, with consoles that are not there."""

import time
from collections.abc import Callable, Sequence

import pytest

from boot.common import FAILED_MARKER, HOST_KEY_MARKER, READY_MARKER
from ops.ready import SHOWN_LINES, NotReadyError, host_key, wait


def _console(*logs: str) -> Callable[[], str]:
    """A console that shows one log after the other, and then the last one."""
    shown = list(logs)
    return lambda: shown.pop(0) if len(shown) > 1 else shown[0]


def _wait(logs: Sequence[str], *, fault: str | None = None, deadline: float = 5) -> str:
    return wait(_console(*logs), lambda: fault, ready=READY_MARKER, failed=FAILED_MARKER, deadline=deadline, pause=0.01)


def test_a_ready_server_ends_the_wait() -> None:
    """The marker may come late, among other lines, and is looked for again and again."""
    last = f"booting\n[  12.3] {READY_MARKER} production-gra-edge-1\nlogin:"
    assert _wait(["", "booting", last]) == last


def test_a_server_that_is_ready_already_is_not_waited_for() -> None:
    """Also when the deadline is nought, and whatever else is wrong: its services run."""
    log = f"{READY_MARKER} production-gra-edge-1"
    assert _wait([log], fault="none of our business", deadline=0) == log


def test_a_failed_boot_ends_the_wait_with_its_log() -> None:
    """At once, not at the deadline."""
    begun = time.monotonic()
    with pytest.raises(NotReadyError, match="its boot failed") as reason:
        _wait(["booting", f"tar: not a gzip\n{FAILED_MARKER} production-gra-meeting-1 boot step: 30"], deadline=60)
    assert time.monotonic() - begun < 5
    assert "    tar: not a gzip\n" in str(reason.value)
    assert "boot step: 30" in str(reason.value)


def test_a_server_in_error_ends_the_wait_with_the_clouds_reason() -> None:
    """A server without a host has no console at all."""
    with pytest.raises(NotReadyError, match="it is in ERROR: No valid host was found"):
        _wait([""], fault="No valid host was found", deadline=60)


def test_at_the_deadline_the_last_lines_are_shown() -> None:
    """As many as fit a screen, the last ones, and how long it was."""
    log = "\n".join(f"line {n} of the log" for n in range(100))
    with pytest.raises(NotReadyError) as reason:
        _wait([log], deadline=0.05)
    text = str(reason.value)
    assert f"no {READY_MARKER} on its console after 0 s; the end of its boot log:" in text
    assert "    line 99 of the log" in text
    assert f"    line {100 - SHOWN_LINES} of the log" in text
    assert f"    line {99 - SHOWN_LINES} of the log" not in text


def test_an_empty_console_is_said_to_be_empty() -> None:
    with pytest.raises(NotReadyError, match="the console is empty: the server has not begun to boot"):
        _wait([""], deadline=0.05)


@pytest.mark.parametrize(
    ("log", "key"),
    [
        (f"[   9.1] {HOST_KEY_MARKER} ssh-ed25519 AAAA\nlogin:", "ssh-ed25519 AAAA"),
        (f"{HOST_KEY_MARKER} ssh-ed25519 old\n{HOST_KEY_MARKER} ssh-ed25519 new\n", "ssh-ed25519 new"),
        ("booting", ""),
    ],
)
def test_the_host_key_is_what_the_server_said_last(log: str, key: str) -> None:
    """As a known_hosts file takes it; empty when it is not there."""
    assert host_key(log, HOST_KEY_MARKER) == key
