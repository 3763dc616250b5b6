#!/bin/sh
# A person has this master take writes without a replica: until one is in reach, or this server is one itself.
# shellcheck disable=SC2086 # two words or none, the user that redis-cli is
set -eu
. /etc/multiparty/boot.env
redis() { timeout 2 redis-cli $AS -h "$SELF" -p "$REDIS_PORT" --raw "$@" 2>/dev/null; }
in_reach() {
    lag=$(redis CONFIG GET min-replicas-max-lag | tail -n 1)
    redis INFO replication | tr -d '\r' | sed -n 's/^slave.*state=online.*,lag=//p' |
        awk -v lag="$lag" '$1 <= lag { n = 1 } END { exit !n }'
}

until case $(redis ROLE | head -n 1) in master) in_reach ;; slave) true ;; *) false ;; esac; do
    sleep 1
done
redis CONFIG SET min-replicas-to-write "$MIN_REPLICAS"
redis CONFIG REWRITE
rm -f "$ALONE_FILE"
