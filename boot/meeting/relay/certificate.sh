#!/bin/sh
# The relay's pair, from this site's edge, for who has the fleet's: judged, put in place, taken by coturn.
set -eu
. /etc/multiparty/boot.env
new=$(mktemp -d "$RELAY/.new.XXXXXX")
trap 'rm -rf "$new"' EXIT
for file in pem key; do
    curl --fail --silent --show-error --max-time 10 --connect-to "::$RELAY_EDGE:" --cacert "$SEED/fleet.pem" \
        --cert "$SEED/fleet.pem" --key "$SEED/fleet.key" --output "$new/relay.$file" "$RELAY_URL.$file"
done
if cmp --silent "$new/relay.pem" "$RELAY/relay.pem" && cmp --silent "$new/relay.key" "$RELAY/relay.key"; then
    exit 0
fi
if ! openssl x509 -in "$new/relay.pem" -noout -checkhost "$RELAY_NAME" | grep -q 'does match' ||
    [ "$(openssl x509 -in "$new/relay.pem" -noout -pubkey)" != "$(openssl pkey -in "$new/relay.key" -pubout)" ]; then
    echo "what the edge has does not fit $RELAY_NAME, or its key" >&2
    exit 1
fi
chown "root:$RELAY_USER" "$new"/relay.*
chmod 0640 "$new"/relay.*
mv "$new/relay.key" "$new/relay.pem" "$RELAY"
systemctl reload-or-restart coturn
echo "a new certificate for $RELAY_NAME"
