#!/bin/sh
# Every boot: wait until the server's own services run, then say so on the console, where the API can read it.
# Until then, say every half minute what is waited for, and every five minutes what services and network say.
set -u
. /etc/multiparty/boot.env

waiting_for() {
    while IFS= read -r check; do
        timeout 10 sh -c "$check" >/dev/null 2>&1 || { echo "$check"; return; }
    done </etc/multiparty/ready.checks
}

up() { cut -d . -f 1 /proc/uptime; } # not the time of the day, which is set meanwhile
started=$(up)
told=$started
explained=$started
while missing=$(waiting_for) && [ -n "$missing" ]; do
    now=$(up)
    if [ $((now - told)) -ge 30 ]; then
        told=$now
        echo "$WAITING_MARKER $(hostname) $((now - started)) s: $missing" >/dev/console
    fi
    if [ $((now - explained)) -ge 300 ]; then
        explained=$now
        {
            ip -brief address
            systemctl --no-pager --failed
            journalctl --no-pager --boot --lines=10 --output=cat --unit=systemd-networkd
            journalctl --no-pager --boot --priority=warning --lines=20
        } >/dev/console 2>&1
    fi
    sleep 3
done
# Several times: the kernel writes to the same line, in the middle of a word at times.
for _ in 1 2 3; do
    {
        echo
        # The way to the server's host key that nobody in between can change.
        echo "$HOST_KEY_MARKER $(cut -d ' ' -f 1,2 /etc/ssh/ssh_host_ed25519_key.pub)"
        echo "$READY_MARKER $(hostname)"
    } >/dev/console
    sleep 5
done
