#!/bin/sh
# Before redis-server starts: take the role that follows from who the master is, and the newest copy of the data that is
# in reach. Nobody has an opinion: a node that has run before keeps the role it had, a new one takes the plan's.
# shellcheck disable=SC2034 # used in what is sourced
set -eu
. /etc/multiparty/boot.env
. "$SEED/auth.env"
export REDISCLI_AUTH
conf=/var/lib/redis/redis.conf
data=/var/lib/redis/appendonlydir
lib="$(dirname "$0")/../lib/multiparty"
. "$lib/redis-opinions.sh"
. "$lib/redis-copy.sh"

# While a person has said that this server is to serve alone, it waits for nobody.
PATIENCE=60 # seconds in which a server that reboots is back

populated_peer() { # the witness last: nobody elects it
    found=
    for peer in $PEERS; do
        populated "$peer" || continue
        found=$peer
        [ "$peer" = "$WITNESS" ] || break
    done
    echo "$found"
}

said=
wait_because() { # sentence
    [ "$1" = "$said" ] || echo "$1"
    said=$1
    sleep 2
    waited=$((waited + 2))
    before=$master
    epoch=-1
    gather_opinions 0
    master=${master:-$before}
}

gather_opinions $(($(date +%s) + 10))
if [ -z "$master" ]; then
    empty || exit 0
    master=$PLANNED_MASTER
fi

waited=0
until [ -e "$ALONE_FILE" ]; do
    if [ "$master" = "$SELF" ]; then
        empty || break
        # An empty master would wipe its replicas.
        peer=$(populated_peer)
        if [ -n "$peer" ] && [ "$peer" != "$WITNESS" ]; then
            wait_because "named master, but empty while $peer holds data: waiting for the Sentinels to promote it"
        elif [ -n "$peer" ]; then
            ! copy_from_witness || break
            wait_because "named master, but empty: waiting for the copy of the witness"
        elif [ -n "$met" ] && [ "$waited" -lt "$PATIENCE" ]; then
            wait_because "named master, but empty: waiting for somebody who holds data"
        else
            break
        fi
    else
        # A replica that is behind could be elected as soon as it answers.
        if [ "$SELF" = "$WITNESS" ] || answers "$master"; then
            break
        elif witness_is_newer; then
            ! copy_from_witness || break
            wait_because "$master does not answer: waiting for the copy of the witness"
        elif empty && [ -n "$met" ]; then
            wait_because "empty, and $master does not answer: waiting for it"
        else
            break
        fi
    fi
done

sed -i '/^replicaof /d' "$conf"
[ "$master" = "$SELF" ] || echo "replicaof $master $REDIS_PORT" >>"$conf"
