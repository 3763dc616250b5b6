"""Wait for a server's marker on its console, and print its SSH host key; `pulumi up` runs this for every new server.

Environment: SERVER_ID, SERVER_URN, STACK, SERVER_REGION, READY_MARKER, FAILED_MARKER, HOST_KEY_MARKER, READY_DEADLINE
(seconds), READY_PAUSE (seconds between looks, where not the usual ones), and OS_* as usual.
"""

import os
import re
import sys
import time
from collections.abc import Callable

from fleet.cloud import connect

POLL_SECONDS = 10  # OVH allows a user 20 calls a second; every new server of three sites is asked after
CONSOLE_LINES = 300
SHOWN_LINES = 60


class NotReadyError(Exception):
    """The server failed, or its deadline passed; the message shows the end of its boot log."""


def wait(
    console: Callable[[], str],
    fault: Callable[[], str | None],
    *,
    ready: str,
    failed: str,
    marker: str,
    deadline: float,
    pause: float = POLL_SECONDS,
) -> str:
    """Wait until the console shows the ready marker.

    Args:
        console: the end of the console log, as it is now.
        fault: what the cloud says of a server in ERROR, else None.
        ready: the marker of a server whose services run.
        failed: the marker of a server whose boot failed.
        marker: that of its host key.
        deadline: seconds to wait.
        pause: seconds between looks.

    Returns:
        Its host key, without which nobody can be sure whom a push goes to.

    Raises:
        NotReadyError: the deadline passed, the boot failed or the server is in ERROR.
    """
    begun = time.monotonic()
    while True:
        log = console()
        waited = time.monotonic() - begun
        if ready in log and (key := host_key(log, marker)):
            return key
        if failed in log:
            raise NotReadyError(f"its boot failed:\n{end(log)}")
        # A server without a console may be one that no host could hold.
        if not log and (error := fault()):
            raise NotReadyError(f"it is in ERROR: {error}")
        if waited >= deadline:
            lacking = f"no whole host key ({marker})" if ready in log else f"no {ready}"
            raise NotReadyError(f"{lacking} on its console after {waited:.0f} s; the end of its boot log:\n{end(log)}")
        time.sleep(pause)


def host_key(log: str, marker: str) -> str:
    """The SSH host key that the server wrote to its console, as in a known_hosts file; empty when it is not there.

    The kernel writes to the same line at times, and others' words stand on the console too: a line counts that has the
    key alone. The server says it several times.
    """
    line = re.compile(rf"^(?:\[ *[0-9.]+\] )?{re.escape(marker)} (ssh-ed25519 [A-Za-z0-9+/=]{{68}})\s*$", re.MULTILINE)
    found = line.findall(log)
    return found[-1] if found else ""


def end(log: str) -> str:
    """The last lines of a boot log, as an error shows them."""
    lines = log.splitlines()[-SHOWN_LINES:]
    return "\n".join(f"    {line}" for line in lines) or "    (the console is empty: the server has not begun to boot)"


def main() -> int:
    """Wait for the server that the environment names; 1 with the reason when it does not get ready."""
    # The SDK takes a second to import; tests of `wait` need none of it.
    from keystoneauth1.exceptions import ClientException  # noqa: PLC0415
    from openstack.exceptions import SDKException  # noqa: PLC0415

    server_id, region = os.environ["SERVER_ID"], os.environ["SERVER_REGION"]
    cloud = connect(region)
    # 409 before there is a console; any API may refuse, reset or say nothing for a while: the deadline decides.
    refusals = (SDKException, ClientException)

    def console() -> str:
        try:
            shown = cloud.compute.get_server_console_output(server_id, length=CONSOLE_LINES) or {}
        except refusals:
            return ""
        return str(shown.get("output") or "")

    def fault() -> str | None:
        try:
            server = cloud.compute.get_server(server_id)
        except refusals:
            return None
        return str((server.fault or {}).get("message", "no reason given")) if server.status == "ERROR" else None

    try:
        key = wait(
            console,
            fault,
            ready=os.environ["READY_MARKER"],
            failed=os.environ["FAILED_MARKER"],
            marker=os.environ["HOST_KEY_MARKER"],
            deadline=float(os.environ["READY_DEADLINE"]),
            pause=float(os.environ.get("READY_PAUSE", POLL_SECONDS)),
        )
    except NotReadyError as reason:
        name = os.environ["SERVER_URN"].rpartition("::")[2]
        print(f"{name} in {region}: {reason}", file=sys.stderr)
        print(f"    the whole log: openstack console log show {server_id}", file=sys.stderr)
        replace = f"pulumi up --stack {os.environ['STACK']} --replace '{os.environ['SERVER_URN']}'"
        print(f"    to make the server anew: {replace}", file=sys.stderr)
        return 1
    print(key)
    return 0


if __name__ == "__main__":
    sys.exit(main())
