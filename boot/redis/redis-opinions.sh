#!/bin/sh
# Sourced: who the Redis master is. The newest of several opinions is that of the highest config-epoch; a Sentinel that was
# away during a failover has a stale one. The file of this server's own Sentinel counts too.
# Sets the master and its epoch, and `met` when a peer's Sentinel has seen that master.
# shellcheck disable=SC2034 # used where it is sourced
master=
epoch=-1
met=

sentinel_of() { # peer, command
    asked=$1
    shift
    timeout 2 redis-cli -h "$asked" -p "$SENTINEL_PORT" --raw SENTINEL "$@" 2>/dev/null
}

opinion() { # address, epoch
    case $1 in
        [0-9]*.*.*.[0-9]*) [ "$2" -le "$epoch" ] || { master=$1 epoch=$2; } ;;
    esac
}

own_opinion() {
    own=/var/lib/redis-sentinel/sentinel.conf
    # shellcheck disable=SC2046 # two words
    ! grep -qs '^sentinel myid' "$own" ||
        opinion $(awk '$2 == "monitor" { a = $4 } $2 == "config-epoch" { e = $4 } END { print a, e + 0 }' "$own")
}

# By whatever name the peer calls its master. The epoch first: the address that is asked for later is never the older one.
opinion_of() { # peer
    told=$(sentinel_of "$1" MASTERS | awk '
        NR % 2 { key = $0; next }
        key == "name" { name = $0 }
        key == "runid" { met = $0 != "" }
        key == "config-epoch" { print $0, met, name; exit }')
    address=$(sentinel_of "$1" GET-MASTER-ADDR-BY-NAME "${told##* }" | head -n 1)
    [ -n "$told" ] && [ -n "$address" ] || return 1
    case $told in *' 1 '*) met=yes ;; esac
    opinion "$address" "${told%% *}"
}

# Everybody is waited for until the deadline, in seconds since 1970: the last one may have the newest.
gather_opinions() { # deadline
    own_opinion
    while true; do
        missing=
        for peer in $PEERS; do
            opinion_of "$peer" || missing=yes
        done
        [ -n "$missing" ] && [ "$(date +%s)" -lt "$1" ] || return 0
        sleep 1
    done
}
