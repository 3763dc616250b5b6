#!/bin/sh
# Configuration and key, as files that the server's own user may read.
set -eu
. /etc/multiparty/boot.env
install -d -m 0755 "$(dirname "$CONFIG_PATH")" /etc/multiparty-meeting/tls
install -o root -g "$SERVICE_USER" -m 0640 "$SEED/config.js" "$CONFIG_PATH"
install -o root -g "$SERVICE_USER" -m 0644 "$SEED/fleet.pem" /etc/multiparty-meeting/tls/fleet.pem
install -o root -g "$SERVICE_USER" -m 0640 "$SEED/fleet.key" /etc/multiparty-meeting/tls/fleet.key
