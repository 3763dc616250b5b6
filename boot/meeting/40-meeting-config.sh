#!/bin/sh
# Configuration and key, as files that the server's own user may read.
set -eu
. /etc/multiparty/boot.env
config=$(dirname "$CONFIG_PATH")
install -d -m 0755 "$config" "$PUBLIC_DIR/config" /etc/multiparty-meeting/tls
for file in config.js config.own.js; do
    [ ! -f "$SEED/$file" ] || install -o root -g "$SERVICE_USER" -m 0640 "$SEED/$file" "$config/$file"
done
[ ! -f "$SEED/web-config.js" ] || install -m 0644 "$SEED/web-config.js" "$PUBLIC_DIR/config/config.js"
install -o root -g "$SERVICE_USER" -m 0644 "$SEED/fleet.pem" /etc/multiparty-meeting/tls/fleet.pem
install -o root -g "$SERVICE_USER" -m 0640 "$SEED/fleet.key" /etc/multiparty-meeting/tls/fleet.key
