#!/bin/sh
# Certificate and key where config.js says they are; the container mounts them from there.
set -eu
. /etc/multiparty/boot.env
install -d -m 0755 /etc/multiparty-meeting/tls
install -m 0644 "$SEED/fleet.pem" /etc/multiparty-meeting/tls/fleet.pem
install -m 0600 "$SEED/fleet.key" /etc/multiparty-meeting/tls/fleet.key
