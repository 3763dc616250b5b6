#!/bin/sh
# The builder's last step, once cloud-init is done: what is this one server's goes, and what made the image. Then the
# console is told.
set -eu
. /etc/multiparty/boot.env
told() {
    for _ in 1 2 3; do
        { echo; echo "$1"; } >/dev/console
        sleep 1
    done
}
trap '[ $? -eq 0 ] || told "$FAILED_MARKER $(hostname) boot step: seal"' EXIT

rm -rf /etc/multiparty /usr/local/lib/multiparty "$RUN" /usr/sbin/policy-rc.d \
    /etc/systemd/system/multi-user.target.d/multiparty.conf /etc/systemd/system/multiparty-seal.service
# Of the builder's first boot: this document, its keys, its addresses. Each server makes its own.
cloud-init clean --logs
rm -rf /var/log/journal/* /var/lib/systemd/random-seed /var/lib/dbus/machine-id
rm -f /etc/ssh/ssh_host_* /etc/netplan/50-cloud-init.yaml /etc/network/interfaces.d/50-cloud-init
: >/etc/machine-id
sync
told "$BAKED_MARKER $(hostname)"
