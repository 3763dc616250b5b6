#!/bin/sh
# Sourced: the witness' copy, for a server that may be elected, has an older one or none, and whose master is lost. Without
# its master a replica hands nothing on: the witness, which is never elected, is made a source first.
# shellcheck disable=SC2086 # two words or none, the user that redis-cli is
copy=/var/lib/redis/copy

redis_of() { # address, command
    asked=$1
    shift
    timeout 2 redis-cli $AS -h "$asked" -p "$REDIS_PORT" --raw "$@" 2>/dev/null
}

answers() { [ -n "$(redis_of "$1" PING)" ]; }
empty() { [ ! -e "$data" ]; }

# One that is still loading its file says so instead of a number.
populated() { case $(redis_of "$1" DBSIZE) in '' | 0) return 1 ;; esac; }

# The witness' Redis says for a minute that its link is up to a master that went without a word; its Sentinel knows sooner.
link_is_up() { redis_of "$WITNESS" INFO replication | grep -q '^master_link_status:up'; }
missed() { sentinel_of "$WITNESS" MASTERS | grep -A 1 '^flags' | grep -q s_down; }
witness_hears_it() { [ -n "$WITNESS" ] && link_is_up && ! missed; }

# It heard the master after this server's last write, so it has that and more; or it rebooted, and knows of a failover
# that this server has missed. One that is no replica is a source already, for a copy that was cut off.
witness_is_newer() {
    [ -n "$WITNESS" ] && populated "$WITNESS" || return 1
    told=$(redis_of "$WITNESS" INFO replication | tr -d '\r')
    heard=master_link_down_since_seconds
    case $told in
        *role:master*) return 0 ;;
        *master_link_status:up*)
            missed || return 1
            heard=master_last_io_seconds_ago
            ;;
    esac
    ! empty || return 0
    since=$(echo "$told" | sed -n "s/^$heard://p")
    if [ "${since:--1}" -lt 0 ]; then
        [ "${knew:--1}" -lt "$witness_knows" ] && [ "$witness_knows" -eq "$epoch" ]
        return
    fi
    written=$(find "$data" -type f -printf '%T@\n' | sort -n | tail -n 1)
    [ "${written%.*}" -lt $(($(date +%s) - since)) ]
}

# A source until the copy is in its place: whatever is cut off, the next start takes it again. No client writes to it
# meanwhile, as no server has that many replicas.
copy_from_witness() {
    ! witness_hears_it && [ "$(redis_of "$WITNESS" CONFIG SET min-replicas-to-write 1000)" = OK ] &&
        [ "$(redis_of "$WITNESS" REPLICAOF NO ONE)" = OK ] || return 1
    echo "taking the copy of the witness, $WITNESS"
    rm -rf "$copy"
    mkdir -m 0750 "$copy"
    timeout 300 redis-cli $AS -h "$WITNESS" -p "$REDIS_PORT" --rdb "$copy/appendonly.aof.1.base.rdb" >/dev/null 2>&1 &&
        redis-check-rdb "$copy/appendonly.aof.1.base.rdb" >/dev/null || return 1
    echo "file appendonly.aof.1.base.rdb seq 1 type b" >"$copy/appendonly.aof.manifest"
    chown redis:redis "$copy" "$copy"/*
    sync "$copy"/*
    rm -rf "$data.before"
    empty || mv "$data" "$data.before"
    mv "$copy" "$data"
    redis_of "$WITNESS" REPLICAOF "$master" "$REDIS_PORT" >/dev/null
    redis_of "$WITNESS" CONFIG SET min-replicas-to-write "$MIN_REPLICAS" >/dev/null
}
