#!/bin/sh
# Before redis-sentinel starts: seed sentinel.conf, unless Sentinel has made the file its own.
# shellcheck disable=SC2086 # two words or none, the user that redis-cli is
set -eu
. /etc/multiparty/boot.env
. "$SEED/auth.env"
export REDISCLI_AUTH
conf=/var/lib/redis-sentinel/sentinel.conf
redis_is_up() { [ -n "$(timeout 1 redis-cli $AS -h "$SELF" -p "$REDIS_PORT" PING 2>/dev/null)" ]; }

# A Redis that still looks for its role is no lost master: with this Sentinel's vote a stale copy would be elected. One
# that waits for another master is not waited for.
patience=12
until redis_is_up || [ -e /var/lib/redis/waiting ] || [ $((patience -= 1)) -le 0 ]; do sleep 1; done
! grep -qs '^sentinel myid' "$conf" || exit 0
. "$(dirname "$0")/../lib/multiparty/redis-opinions.sh"

if [ -e /var/lib/redis/appendonlydir ] || grep -qs '^replicaof' /var/lib/redis/redis.conf; then
    # Redis has run, or has found its role: without another opinion, its own; while it runs, without waiting for one.
    master=$(sed -n 's/^replicaof \([0-9.]*\) .*/\1/p' /var/lib/redis/redis.conf)
    master=${master:-$SELF}
fi
patience=10
! redis_is_up || patience=0
gather_opinions "$patience"
: "${master:=$PLANNED_MASTER}"

umask 077
{
    sed "s/@MASTER@/$master/" "$SEED/sentinel.conf"
    [ "$epoch" -le 0 ] || printf 'sentinel config-epoch %s %s\nsentinel current-epoch %s\n' "$MASTER_NAME" "$epoch" "$epoch"
    # Who the replicas are a Sentinel hears from the master, which may be gone.
    for server in $SELF $PEERS; do
        [ "$server" = "$master" ] || echo "sentinel known-replica $MASTER_NAME $server $REDIS_PORT"
    done
} >"$conf"
chown redis:redis "$conf"
