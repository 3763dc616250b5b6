#!/bin/sh
# The packages of every role, and Debian's updates. Whatever they start at a boot by themselves is left to the servers'
# boot documents, which bring the units' configuration.
set -eu
. /etc/multiparty/boot.env
export DEBIAN_FRONTEND=noninteractive
started() {
    systemctl list-unit-files --type=service,socket --state=enabled --no-legend | cut -d ' ' -f 1 | sort
}
before=$(mktemp)
started >"$before"
keep=--option=Dpkg::Options::=--force-confold
apt-get update --error-on=any
apt-get "$keep" --assume-yes --with-new-pkgs upgrade
# shellcheck disable=SC2086 # names, one word each
apt-get "$keep" --assume-yes install $PACKAGES
for name in $(started | comm -13 "$before" - | grep -vx systemd-timesyncd.service); do
    systemctl disable "$name"
done
rm -f "$before"
apt-get clean
rm -rf /var/lib/apt/lists/*
