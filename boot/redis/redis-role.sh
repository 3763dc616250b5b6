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
waiting=/var/lib/redis/waiting # for others: the Sentinel of this server may be the one whose vote is missing
rm -f "$waiting"
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

waited=0
said=
wait_because() { # sentence
    [ "$1" = "$said" ] || echo "$1"
    touch "$waiting"
    said=$1
    sleep 1
    waited=$((waited + 1))
    before=$master
    epoch=-1
    gather_opinions 0
    master=${master:-$before}
}

gather_opinions 10
if [ -z "$master" ]; then
    empty || exit 0
    master=$PLANNED_MASTER
fi

# Alone it would take no write anyway. What it knows may be stale, and its copy would be elected once others are back.
while [ -n "$WITNESS" ] && has_own_opinion && ! empty && ! majority && [ ! -e "$ALONE_FILE" ]; do
    wait_because "no majority of Sentinels says who is master: waiting for another one"
done
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
        elif [ "$waited" -lt "$PATIENCE" ] && witness_hears_it; then
            wait_because "$master does not answer, and the witness has not missed it yet: waiting for its word"
        elif [ -n "$WITNESS" ] && [ "$waited" -lt "$PATIENCE" ] && ! answers "$WITNESS" &&
            [ -n "$(sentinel_of "$WITNESS" MYID)" ]; then
            wait_because "$master does not answer: waiting for the witness, which may have a newer copy"
        else
            break
        fi
    fi
done

rm -f "$waiting"
sed -i '/^replicaof /d' "$conf"
[ "$master" = "$SELF" ] || echo "replicaof $master $REDIS_PORT" >>"$conf"
replicas=$MIN_REPLICAS
if [ -e "$ALONE_FILE" ]; then
    ! grep -q '^min-replicas-to-write 0$' "$conf" || replicas=0
elif [ "$master" = "$SELF" ]; then
    replicas=1000 # it takes no write until it is known to lead (redis-lead)
fi
sed -i "s/^min-replicas-to-write .*/min-replicas-to-write $replicas/" "$conf"
