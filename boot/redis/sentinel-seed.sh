#!/bin/sh
# Before redis-sentinel starts: seed sentinel.conf, unless Sentinel has made the file its own. It does not wait for Redis:
# while that waits for another master, the vote that is missing may be this one.
set -eu
. /etc/multiparty/boot.env
. "$SEED/auth.env"
export REDISCLI_AUTH
conf=/var/lib/redis-sentinel/sentinel.conf
! grep -qs '^sentinel myid' "$conf" || exit 0
. "$(dirname "$0")/../lib/multiparty/redis-opinions.sh"

if [ -e /var/lib/redis/appendonlydir ] || grep -qs '^replicaof' /var/lib/redis/redis.conf; then
    # Redis has run, or has found its role: without another opinion, its own; while it runs, without waiting for one.
    master=$(sed -n 's/^replicaof \([0-9.]*\) .*/\1/p' /var/lib/redis/redis.conf)
    master=${master:-$SELF}
fi
patience=10
[ -z "$(redis-cli -h "$SELF" -p "$REDIS_PORT" PING 2>/dev/null)" ] || patience=0
gather_opinions $(($(date +%s) + patience))
: "${master:=$PLANNED_MASTER}"

umask 077
{
    sed "s/@MASTER@/$master/" "$SEED/sentinel.conf"
    [ "$epoch" -le 0 ] || printf 'sentinel config-epoch %s %s\nsentinel current-epoch %s\n' "$MASTER_NAME" "$epoch" "$epoch"
    # Who the replicas are a Sentinel hears from the master, which may be gone.
    for peer in $PEERS; do
        [ "$peer" = "$master" ] || echo "sentinel known-replica $MASTER_NAME $peer $REDIS_PORT"
    done
} >"$conf"
chown redis:redis "$conf"
