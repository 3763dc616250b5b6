#!/bin/sh
# Certificates where Caddy's own user may read them, and nobody else the keys.
set -eu
. /etc/multiparty/boot.env
install -d -o root -g caddy -m 0750 /etc/caddy/tls
for file in "$SEED"/*.pem "$SEED"/*.key; do
    [ -e "$file" ] || continue
    install -o caddy -g caddy -m 0400 "$file" /etc/caddy/tls/
done
