#!/bin/sh
# Before redis-server starts: ask the Sentinels who the master is and take the role that follows.
# No Sentinel answers: a node that has run before keeps the role it had, a new one takes the plan's.
set -eu
. /etc/multiparty/boot.env
. "$SEED/auth.env"
export REDISCLI_AUTH
conf=/var/lib/redis/redis.conf

named_master() {
    for peer in $PEERS; do
        answer=$(timeout 2 redis-cli -h "$peer" -p "$SENTINEL_PORT" --raw \
            SENTINEL get-master-addr-by-name "$MASTER_NAME" 2>/dev/null | head -n 1) || continue
        case $answer in
            [0-9]*.[0-9]*.[0-9]*.[0-9]*) echo "$answer"; return ;;
        esac
    done
}

ask_for_ten_seconds() {
    deadline=$(($(date +%s) + 10))
    while [ "$(date +%s)" -lt "$deadline" ]; do
        master=$(named_master)
        [ -z "$master" ] || { echo "$master"; return; }
        sleep 1
    done
}

populated_peer() {
    for peer in $PEERS; do
        keys=$(timeout 2 redis-cli -h "$peer" -p "$REDIS_PORT" --raw DBSIZE 2>/dev/null) || continue
        case $keys in
            '' | 0 | *[!0-9]*) ;;
            *) echo "$peer"; return ;;
        esac
    done
}

master=$(ask_for_ten_seconds)
if [ -z "$master" ]; then
    [ ! -e /var/lib/redis/appendonlydir ] || exit 0
    master=$PLANNED_MASTER
fi

# An empty master would wipe its replicas: wait until the Sentinels promote the one that holds the data.
while [ "$master" = "$SELF" ] && [ ! -e /var/lib/redis/appendonlydir ] && peer=$(populated_peer) && [ -n "$peer" ]; do
    echo "named master, but empty while $peer holds data: waiting for the Sentinels to promote it"
    sleep 2
    named=$(named_master)
    master=${named:-$master}
done

sed -i '/^replicaof /d' "$conf"
[ "$master" = "$SELF" ] || echo "replicaof $master $REDIS_PORT" >>"$conf"
