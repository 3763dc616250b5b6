"""Waiting for a server's marker, with consoles that are not there."""

import time
from collections.abc import Callable, Sequence

import pytest

from boot.common import FAILED_MARKER, HOST_KEY_MARKER, READY_MARKER
from ops.ready import SHOWN_LINES, NotReadyError, host_key, wait

KEY = "ssh-ed25519 " + "A" * 68
SAID = f"{HOST_KEY_MARKER} {KEY}"


def _console(*logs: str) -> Callable[[], str]:
    """A console that shows one log after the other, and then the last one."""
    shown = list(logs)
    return lambda: shown.pop(0) if len(shown) > 1 else shown[0]


def _wait(logs: Sequence[str], *, fault: str | None = None, deadline: float = 5) -> str:
    return wait(
        _console(*logs),
        lambda: fault,
        ready=READY_MARKER,
        failed=FAILED_MARKER,
        marker=HOST_KEY_MARKER,
        deadline=deadline,
        pause=0.01,
    )


def test_a_ready_server_ends_the_wait() -> None:
    """The marker may come late, among other lines, and is looked for again and again."""
    last = f"booting\n{SAID}\n[  12.3] {READY_MARKER} production-gra-edge-1\nlogin:"
    assert _wait(["", "booting", last]) == KEY


def test_a_server_that_is_ready_already_is_not_waited_for() -> None:
    """Also when the deadline is nought, and whatever else is wrong: its services run."""
    log = f"{SAID}\n{READY_MARKER} production-gra-edge-1"
    assert _wait([log], fault="none of our business", deadline=0) == KEY


def test_a_failed_boot_ends_the_wait_with_its_log() -> None:
    """At once, not at the deadline."""
    begun = time.monotonic()
    with pytest.raises(NotReadyError, match="its boot failed") as reason:
        _wait(["booting", f"tar: not a gzip\n{FAILED_MARKER} production-gra-meeting-1 boot step: 30"], deadline=60)
    assert time.monotonic() - begun < 30
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
        (f"[   9.1] {SAID}\nlogin:", KEY),
        (f"{HOST_KEY_MARKER} {KEY.replace('A', 'B')}\n{SAID}\n", KEY),
        (f"{SAID}\r\n", KEY),
        ("booting", ""),
        (f"{HOST_KEY_MARKER} \n", ""),
        # The kernel's line in the middle of it, and the whole one said again.
        (f"{SAID}[ 101.204311] audit: type=1400 apparmor=STATUS\n", ""),
        (f"{SAID[:60]}[ 101.204311] audit: type=1400\n{SAID[60:]}\n{SAID}\n", KEY),
        # What somebody else had written to the console, such as a journal's line.
        (f"Nov 27 00:00:00 gra sshd[1]: Invalid user {HOST_KEY_MARKER} {KEY}\n", ""),
        (f"{HOST_KEY_MARKER} ssh-rsa {KEY.split()[1]}\n", ""),
    ],
)
def test_the_host_key_is_a_line_of_its_own(log: str, key: str) -> None:
    """As a known_hosts file takes it, the last one said; empty when it is not there."""
    assert host_key(log, HOST_KEY_MARKER) == key


def test_a_ready_server_without_a_key_is_not_ready() -> None:
    """A push goes to nobody whose key is not known."""
    with pytest.raises(NotReadyError, match="no whole host key"):
        _wait([f"{HOST_KEY_MARKER} \n{READY_MARKER} production-gra-edge-1\n"], deadline=0.05)
