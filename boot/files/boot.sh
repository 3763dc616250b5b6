#!/bin/sh
# First boot, called by cloud-init once packages are installed: run the steps, start the units, have readiness watched.
set -eu
. /etc/multiparty/boot.env

failed() {
    [ $? -eq 0 ] || echo "$FAILED_MARKER $(hostname) boot step: $current" >/dev/console
}
trap failed EXIT

for current in /usr/local/lib/multiparty/boot.d/*; do
    echo "multiparty-boot: $(basename "$current")"
    "$current"
done

current="systemd units"
systemctl daemon-reload
for unit in $UNITS; do
    systemctl enable "$unit"
    # Not waited for: a unit may stand behind cloud-init, which is waiting for this script.
    systemctl start --no-block "$unit"
done
systemctl enable multiparty-ready.service
systemctl start --no-block multiparty-ready.service
