#!/bin/sh
# Every boot: wait until the server's own services run, then say so on the console, where the API can read it.
set -u
deadline=$(($(date +%s) + READY_DEADLINE))
last=""
while [ "$(date +%s)" -lt "$deadline" ]; do
    last=""
    while IFS= read -r check; do
        timeout 10 sh -c "$check" >/dev/null 2>&1 || { last=$check; break; }
    done </etc/multiparty/ready.checks
    if [ -z "$last" ]; then
        echo "$READY_MARKER $(hostname)" >/dev/console
        exit 0
    fi
    sleep 1
done
{
    systemctl --no-pager --failed
    journalctl --no-pager --priority=warning --boot --lines=30
    echo "$FAILED_MARKER $(hostname) not ready after ${READY_DEADLINE} s: $last"
} >/dev/console 2>&1
exit 1
