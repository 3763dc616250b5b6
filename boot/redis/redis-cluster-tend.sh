#!/bin/sh
# Tend this server's two nodes of the Redis Cluster: form it, join it, forget nodes that were replaced, and take the
# place that the plan gives. Every few seconds anew from what the nodes say: each step may be repeated, or cut short.
# shellcheck disable=SC2086 # two words or none, the user that redis-cli is
# shellcheck disable=SC2016 # awk's own variables
set -u
. /etc/multiparty/boot.env

ask() { # node, command
    node_address=$1
    shift
    timeout 2 redis-cli $AS -h "${node_address%:*}" -p "${node_address#*:}" --raw "$@" 2>/dev/null
}

do_it() { # node, command
    echo "$*: $(ask "$@")"
}

# What every node that answers knows of every node: who was asked, then the fields of CLUSTER NODES: id, address, flags,
# master, ping, pong, epoch, link, slots. The bus' port is cut off; the id in a handshake is not yet a real one.
look() {
    for asked in $CLUSTER_NODES; do
        ask "$asked" CLUSTER NODES | sed -n -E "/handshake/d; s/@[^ ]*//; s/^[0-9a-f]{40} /$asked &/p"
    done
}

seen() { # awk program, variables: over what was seen
    program=$1
    shift
    echo "$view" | awk "$@" "$program"
}

answering() { seen '$4 ~ /myself/ { n++ } END { print n + 0 }'; }
known_by() { seen '$1 == node && $4 !~ /noaddr/ { n++ } END { print n + 0 }' -v node="$1"; }
somebody_with_slots() { seen 'NF > 9 { print $1; exit }'; }
# Who knows of slots and not of this node: a node that it met may have died before it told the others.
unaware() {
    seen 'NF > 9 { full[$1] } $2 == id { aware[$1] }
        END { for (other in full) if (!(other in aware)) { print other; exit } }' -v id="$1"
}
id_of() { seen '$1 == node && $4 ~ /myself/ { print $2 }' -v node="$1"; }
master_of() { seen '$1 == node && $4 ~ /myself/ { print $5 }' -v node="$1"; }
knows() { seen '$1 == node && $2 == id { found = 1 } END { exit !found }' -v node="$1" -v id="$2"; }
failed() { seen '$1 == node && $2 == id && $4 ~ /(^|,)fail/ { found = 1 } END { exit !found }' -v node="$1" -v id="$2"; }

# Who holds a slot, in a node's eyes; in anybody's, for the node "".
holder() {
    seen 'node == "" || $1 == node {
        for (i = 10; i <= NF; i++) {
            n = split($i, range, "-")
            if (slot >= range[1] + 0 && slot <= range[n] + 0) { print $2; exit }
        }
    }' -v node="$1" -v slot="$2"
}

# Ids of nodes that are no more: another one answers at their address.
replaced() {
    seen '$4 ~ /myself/ { now[$1] = $2; alive[$2] = 1 }
        { id[NR] = $2; at[NR] = $3; flags[NR] = $4 }
        END {
            for (i in id)
                if (!(id[i] in alive) && (at[i] in now || flags[i] ~ /noaddr/)) print id[i]
        }' | sort -u
}

meet() { # node, another
    do_it "$1" CLUSTER MEET "${2%:*}" "${2#*:}"
}

# The primary site's home node introduces everybody, once all answer and none has slots.
form() {
    [ "$HOME_NODE" = "${CLUSTER_NODES%% *}" ] || return
    for other in $CLUSTER_NODES; do
        [ "$other" = "$HOME_NODE" ] || meet "$HOME_NODE" "$other"
    done
}

# The replica of a master that was replaced takes over without a vote: its master cannot come back, and with its address
# taken by another node it is not marked as failed, so nobody would vote.
forget() { # node, id
    if [ "$(master_of "$1")" = "$2" ]; then
        do_it "$1" CLUSTER FAILOVER TAKEOVER
    else
        do_it "$1" CLUSTER FORGET "$2"
    fi
}

# Slots that nobody holds: at first, or when master and replica were replaced. All must say so, or they may be held by
# one that does not answer.
claim() { # node, first slot, last slot
    if [ "$(answering)" = "$all" ] && [ "$(known_by "$1")" = "$all" ] && [ -z "$(holder "" "$2")" ]; then
        do_it "$1" CLUSTER ADDSLOTSRANGE "$2" "$3"
    fi
}

# A node with the data of its slots may have a replica; redis.conf says why not before.
lend() { # node
    ask "$1" ACL SETUSER replica on >/dev/null
}

# Until it has copied a master's data once, a replica is not to be elected: an empty one would be.
no_failover() { # node, yes or no
    ask "$1" CONFIG SET cluster-replica-no-failover "$2" >/dev/null
}

# The home node takes its slots back once it has what was written meanwhile: no site is to keep two of three masters.
come_home() { # node
    lend "$1"
    do_it "$1" CLUSTER FAILOVER
    for _ in 1 2 3 4 5; do # Redis gives up after five seconds
        sleep 1
        [ "$(ask "$1" ROLE | head -n 1)" != master ] || return
    done
}

follow() { # node, whose master holds its slots
    replication=$(ask "$1" INFO replication)
    case $replication in *slave_repl_offset:[1-9]*) no_failover "$1" no ;; esac
    case $1,$replication in "$HOME_NODE",*master_link_status:up*) come_home "$1" ;; esac
}

settle() { # node, first slot, last slot
    own=$(id_of "$1")
    [ -n "$own" ] || return 0
    peer=$(unaware "$own")
    if [ -n "$peer" ]; then
        meet "$1" "$peer"
        return 0
    fi
    [ "$(known_by "$1")" != 1 ] || return 0
    for id in $(replaced); do
        if knows "$1" "$id"; then
            forget "$1" "$id"
            return 0
        fi
    done
    master=$(master_of "$1")
    holds=$(holder "$1" "$2")
    if [ "$holds" = "$own" ]; then
        lend "$1"
    elif [ -z "$holds" ]; then
        [ "$1" != "$HOME_NODE" ] || [ "$master" != - ] || claim "$@"
    elif [ "$holds" = "$master" ]; then
        follow "$1"
    elif ! failed "$1" "$holds"; then
        no_failover "$1" yes
        do_it "$1" CLUSTER REPLICATE "$holds"
    fi
}

all=$(echo "$CLUSTER_NODES" | wc -w)
while sleep 3; do
    view=$(look)
    if [ "$(answering)" = "$all" ] && [ -z "$(somebody_with_slots)" ] && [ "$(known_by "$HOME_NODE")" != "$all" ]; then
        form
        continue
    fi
    # shellcheck disable=SC2086 # two words each
    settle "$HOME_NODE" $HOME_SLOTS
    # shellcheck disable=SC2086
    settle "$GUEST_NODE" $GUEST_SLOTS
done
