"""What each meeting server announces to its clients, read where it runs, as it reads it."""

import json
import shlex

from fleet.ask import Run, each
from fleet.finding import Finding
from fleet.fleet import DeployedServer, Fleet

# The process has the file as it was when it began: one that was written later is not what it announces. In a container
# the file is a mount of a copy.
ASK = """\
set -eu
. /etc/multiparty/boot.env
systemctl is-active --quiet multiparty-meeting || { echo "the meeting server does not run" >&2; exit 1; }
file=$CONFIG_PATH inside=
if [ -n "${CONTAINER_IMAGE:-}" ]; then
    file=${CONTAINER_FILES:-$SEED}/config.js
    inside="podman exec multiparty-meeting"
fi
began=$(date --date="$(systemctl show --property=ActiveEnterTimestamp --value multiparty-meeting)" +%s)
if [ "$(stat --format=%Y "$file")" -gt "$began" ]; then
    echo "config.js was changed after the meeting server began: restart it" >&2
    exit 1
fi
$inside node -p 'JSON.stringify(require(process.argv[1]).mediasoup.webRtcTransport.listenIps)' "$CONFIG_PATH"
"""


def announced_findings(deployed: Fleet, run: Run) -> list[Finding]:
    """Whether each meeting server announces its own public address, and nothing else."""
    servers = deployed.of("meeting")
    if not servers:
        return [Finding("announcedIp", False, "the stacks have no meeting server")]
    return each(servers, "announcedIp", run, f"sudo sh -c {shlex.quote(ASK)}", _judged)


def _judged(server: DeployedServer, answer: str) -> Finding:
    shown = json.loads((answer.strip().splitlines() or [""])[-1])
    if not isinstance(shown, list) or not all(isinstance(listen, dict) for listen in shown):
        raise ValueError(f"listenIps is {shown!r}")
    announced = [str(listen.get("announcedIp")) for listen in shown]
    good = bool(announced) and set(announced) == {server.public_address}
    own = "its public address" if good else f"its public address is {server.public_address}"
    return Finding(f"{server.name} announcedIp", good, f"{', '.join(announced) or 'nothing'}; {own}")
