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
# Not waited for: some stand behind cloud-init, which is waiting for this script.
# shellcheck disable=SC2086 # names, one word each
systemctl start --no-block $UNITS $AFTER_CLOUD_INIT
