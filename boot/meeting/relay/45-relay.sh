#!/bin/sh
# The relay's secret, made here: coturn and the meeting server know it, and nobody else.
set -eu
. /etc/multiparty/boot.env
chown "root:$RELAY_USER" "$RELAY"
chmod 0750 "$RELAY"
[ -s "$RELAY/secret" ] || (umask 077 && openssl rand -hex 32 >"$RELAY/secret")
install -g "$RELAY_USER" -m 0640 "$SEED/turnserver.conf" "$RELAY"
echo "static-auth-secret=$(cat "$RELAY/secret")" >>"$RELAY/turnserver.conf"
if [ -n "${CONTAINER_FILES:-}" ]; then
    install -m 0644 "$RELAY/secret" "$CONTAINER_FILES/relay.secret"
else
    install -g "$SERVICE_USER" -m 0640 "$RELAY/secret" "$(dirname "$CONFIG_PATH")/relay.secret"
fi
