#!/bin/sh
# Debian's own Caddy is older than the Caddyfile's words, which would be told of as a mistake in the Caddyfile.
set -eu
. /etc/multiparty/boot.env

version=$(caddy version 2>/dev/null | sed -n 's/^v\{0,1\}\([0-9][0-9.]*\).*/\1/p') || true
oldest=$(printf '%s\n' "$CADDY_NEEDED" "${version:-0}" | sort --version-sort | head -n 1)
if [ "$oldest" != "$CADDY_NEEDED" ]; then
    if [ -n "$version" ]; then is="Caddy $version is too old"; else is="there is no Caddy"; fi
    echo "$is, $CADDY_NEEDED is needed: its package source was not reached" | tee /dev/console
    exit 1
fi
