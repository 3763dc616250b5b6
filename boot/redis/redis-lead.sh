#!/bin/sh
# After redis-server has started as the master that it was: it takes no write (redis-role) until a majority of Sentinels has
# heard this very process, and none has another in mind. While it was away they may have begun to elect one, whose copy
# would lose what this one took before it was told.
# shellcheck disable=SC2034 # used in what is sourced
# shellcheck disable=SC2086 # the user that redis-cli is, and addresses, are words
set -eu
. /etc/multiparty/boot.env
. "$SEED/auth.env"
export REDISCLI_AUTH
. "$(dirname "$0")/../lib/multiparty/redis-opinions.sh"

PATIENCE=10 # seconds for Sentinels that do not answer: an election that could do without them is over by then
began=$(cut -d ' ' -f 1 /proc/uptime)

redis() { timeout 2 redis-cli $AS -h "$SELF" -p "$REDIS_PORT" --raw "$@"; }
age() { awk -v began="$began" '{ print int(($1 - began) * 1000) }' /proc/uptime; } # milliseconds

# `heard`, `other`: one that is elected, or is being; or nothing, of a Sentinel that says neither.
word_of() { # Sentinel's address
    sentinel_of "$1" MASTERS | awk -v self="$SELF" -v age="$(age)" '
        NR % 2 { key = $0; next }
        key == "ip" { ip = $0 }
        key == "flags" { flags = $0 }
        key == "last-ok-ping-reply" { reply = $0 }
        key == "config-epoch" { exit }
        END {
            if (ip != "" && ip != self || flags ~ /failover_in_progress/) print "other"
            else if (flags == "master" && reply < age) print "heard"
        }'
}

leads() {
    set -- "$SELF" $PEERS
    heard=0
    other=
    for sentinel in "$@"; do
        case $(word_of "$sentinel") in
            heard) heard=$((heard + 1)) ;;
            other) other=yes ;;
        esac
    done
    [ -z "$other" ] && { [ "$heard" -gt $(($# / 2)) ] || [ "$(age)" -gt $((PATIENCE * 1000)) ]; }
}

until [ -e "$ALONE_FILE" ] || [ "$(redis ROLE | head -n 1)" = slave ] || leads; do
    sleep 0.2
done
# A slow answer is none, and a failure of this would be one of the server's start.
until [ -e "$ALONE_FILE" ] || [ "$(redis CONFIG SET min-replicas-to-write "$MIN_REPLICAS")" = OK ]; do
    sleep 0.2
done
redis CONFIG REWRITE >/dev/null || true
