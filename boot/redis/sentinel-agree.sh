#!/bin/sh
# Two failovers within seconds can leave a Sentinel with the first one's master and the second one's epoch: it takes nobody's
# word any more. One that all others have contradicted for half a minute is told to fail over, which leads to their master.
set -eu
. /etc/multiparty/boot.env
. "$(dirname "$0")/../lib/multiparty/redis-opinions.sh"

named_by() { # address
    master=
    epoch=-1
    opinion_of "$1"
}

contradicted() {
    named_by "$SELF" || return 1
    mine=$master
    since=$epoch
    theirs=
    for peer in $PEERS; do
        named_by "$peer" && [ "$master" != "$mine" ] && [ "$epoch" -ge "$since" ] || return 1
        [ "${theirs:=$master}" = "$master" ] || return 1
    done
}

looks=0
while sleep 5; do
    if contradicted; then looks=$((looks + 1)); else looks=0; fi
    [ "$looks" -lt 6 ] || sentinel_of "$SELF" FAILOVER "$MASTER_NAME" || true
done
