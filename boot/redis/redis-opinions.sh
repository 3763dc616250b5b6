#!/bin/sh
# Sourced: who the Redis master is. The newest of several opinions is that of the highest config-epoch; a Sentinel that was
# away during a failover has a stale one. The file of this server's own Sentinel counts too.
# Sets the master and its epoch, and `met` when a peer's Sentinel has seen that master; `opinions`: how many there are;
# `knew` and `witness_knows`: the epochs that this server's own Sentinel had at first, and the witness' has.
# shellcheck disable=SC2034 # used where it is sourced
# shellcheck disable=SC2086 # the user that redis-cli is, and addresses, are words
master=
epoch=-1
met=
opinions=0
knew=
witness_knows=-1

sentinel_of() { # peer, command
    asked=$1
    shift
    timeout 1 redis-cli $AS -h "$asked" -p "$SENTINEL_PORT" --raw SENTINEL "$@" 2>/dev/null
}

opinion() { # address, epoch
    case $1 in
        [0-9]*.*.*.[0-9]*)
            opinions=$((opinions + 1))
            said_epoch=$2
            [ "$2" -le "$epoch" ] || { master=$1 epoch=$2; }
            ;;
    esac
}

own=/var/lib/redis-sentinel/sentinel.conf
has_own_opinion() { grep -qs '^sentinel myid' "$own"; }
own_opinion() {
    has_own_opinion || return 0
    # shellcheck disable=SC2046 # two words
    opinion $(awk '$2 == "monitor" { a = $4 } $2 == "config-epoch" { e = $4 } END { print a, e + 0 }' "$own")
    knew=${knew:-$said_epoch}
}

# By whatever name the peer calls its master. The epoch first: the address that is asked for later is never the older one.
opinion_of() { # peer
    told=$(sentinel_of "$1" MASTERS | awk '
        NR % 2 { key = $0; next }
        key == "name" { name = $0 }
        key == "runid" { met = $0 != "" }
        key == "config-epoch" { print $0, met, name; exit }')
    [ -n "$told" ] || return 1
    address=$(sentinel_of "$1" GET-MASTER-ADDR-BY-NAME "${told##* }" | head -n 1)
    [ -n "$address" ] || return 1
    case $told in *' 1 '*) met=yes ;; esac
    opinion "$address" "${told%% *}"
    [ "$1" != "$WITNESS" ] || witness_knows=${told%% *}
}

# Each failover had the votes of a majority, so of a majority one at least knows the newest.
majority() {
    set -- $PEERS
    [ "$opinions" -gt $((($# + 1) / 2)) ]
}

# Until there is a majority of opinions, or all. Who waits longer than Sentinels do is taken for lost, and a stale copy is
# elected. By the time since the boot: that of the day is set meanwhile.
up() { cut -d . -f 1 /proc/uptime; }
gather_opinions() { # seconds at the most
    ends=$(($(up) + $1))
    while true; do
        opinions=0
        missing=
        own_opinion
        for peer in $PEERS; do
            opinion_of "$peer" || missing=yes
        done
        [ -n "$missing" ] && ! majority && [ "$(up)" -lt "$ends" ] || return 0
        sleep 1
    done
}
