#!/bin/sh
# By hand, where no majority can elect: make this server's Redis the master. `redis-promote alone`: which takes writes
# without a replica until there is one (redis-alone.service).
# SENTINEL FAILOVER asks nobody, but raises the configuration's epoch: a Sentinel that comes back follows it.
# shellcheck disable=SC2086 # two words or none, the user that redis-cli is
set -eu
. /etc/multiparty/boot.env
. "$SEED/auth.env"
export REDISCLI_AUTH

redis() { timeout 5 redis-cli $AS -h "$SELF" -p "$REDIS_PORT" --raw "$@"; }
sentinel() { timeout 5 redis-cli $AS -h "$SELF" -p "$SENTINEL_PORT" --raw SENTINEL "$@"; }
named() { sentinel get-master-addr-by-name "$MASTER_NAME" | head -n 1; }
role() { redis ROLE | head -n 1; }
good_replicas() { redis INFO replication | tr -d '\r' | sed -n 's/^min_slaves_good_slaves://p'; }

# One that asks for no replica does not count them either, and says nothing.
takes_writes() { [ "$(role)" = master ] && [ "$(named)" = "$SELF" ] && [ "$(good_replicas)" != 0 ]; }
wants_replicas() { # how many
    redis CONFIG SET min-replicas-to-write "$1" >/dev/null
    redis CONFIG REWRITE >/dev/null
}
serve_alone() {
    if [ -n "$alone" ] && [ "$(role)" = master ]; then
        # Nobody else says it any more: redis-lead, which may have been waiting for Sentinels, has left it to this.
        case $(good_replicas) in 0) wants_replicas 0 ;; ?*) wants_replicas "$MIN_REPLICAS" ;; esac
    fi
}
hint="without a replica in reach it takes no writes; ALONE=1 has it do without"

PAUSE=60000 # milliseconds, longer than this script takes; it ends with it
paused=
alone=
ended() {
    code=$?
    [ -z "$paused" ] || old CLIENT UNPAUSE >/dev/null || true
    [ -n "$alone" ] || return 0
    [ "$code" = 0 ] && systemctl start redis-alone.service && return 0
    rm -f "$ALONE_FILE"
    wants_replicas "$MIN_REPLICAS" || true
}
trap ended EXIT

if [ "${1:-}" = alone ] && [ "$MIN_REPLICAS" != 0 ]; then
    alone=yes
    touch "$ALONE_FILE" # a Redis that waits for others before it starts goes ahead
    patience=30
    until [ -n "$(role 2>/dev/null)" ] || [ $((patience -= 1)) = 0 ]; do sleep 1; done
fi

case $(role) in
    master)
        if [ "$(named)" = "$SELF" ]; then
            serve_alone
            takes_writes || { echo "$SELF is the master already: $hint" >&2 && exit 1; }
            echo "$SELF is the master already: nothing to do"
            exit 0
        fi
        ;;
    slave) ;;
    *)
        echo "Redis on $SELF does not answer: systemctl status redis-server" >&2
        exit 1
        ;;
esac

before=$(named)
old() { timeout 2 redis-cli $AS -h "$before" -p "$REDIS_PORT" --raw "$@" 2>/dev/null; }
offset() { tr -d '\r' | sed -n "s/^$1://p"; }
# Sentinel does not ask the old master to stop first. One that is there takes no write until this Redis has all that it
# acknowledged, so that a handover loses none. One that does not answer is not asked: it would obey when it is back.
if [ "$(old PING)" = PONG ] && [ "$(old CLIENT PAUSE "$PAUSE" WRITE)" = OK ]; then
    paused=yes
    acknowledged=$(old INFO replication | offset master_repl_offset)
    has() { redis INFO replication | offset slave_repl_offset; }
    patience=50
    until [ "$(has)" -ge "${acknowledged:-0}" ]; do
        patience=$((patience - 1))
        if [ "$patience" = 0 ]; then
            echo "$SELF does not catch up with $before: redis-cli INFO replication" >&2
            exit 1
        fi
        sleep 0.1
    done
fi
# A Sentinel asks a replica how it is every 10 s, and while it alone finds the master down it trusts an answer for 5 s.
patience=12
until said=$(sentinel failover "$MASTER_NAME"); case $said in OK | *INPROG*) true ;; *) false ;; esac; do
    patience=$((patience - 1))
    case $said in
        *NOGOODSLAVE*) [ "$patience" != 0 ] && sleep 1 && continue ;;
    esac
    echo "Sentinel on $SELF refuses to make it the master instead of $before: $said" >&2
    exit 1
done

up() { cut -d . -f 1 /proc/uptime; } # not the time of the day, which may be set meanwhile
ends=$(($(up) + 30))
until takes_writes; do
    serve_alone
    if [ "$(up)" -ge "$ends" ]; then
        echo "not within 30 s: $SELF has role $(role) and $(good_replicas) replicas in reach, Sentinel names $(named)" >&2
        [ "$(good_replicas)" != 0 ] || echo "$hint" >&2
        exit 1
    fi
    sleep 1
done
# Sentinels tell it ten seconds later, in which it would acknowledge writes that it then drops.
[ -z "$paused" ] || old REPLICAOF "$SELF" "$REDIS_PORT" >/dev/null || true
echo "$SELF is the master instead of $before, and takes writes"
