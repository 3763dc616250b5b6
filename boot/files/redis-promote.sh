#!/bin/sh
# By hand, where no majority can elect: make this server's Redis the master.
# SENTINEL FAILOVER asks nobody, but raises the configuration's epoch: a Sentinel that comes back follows it.
set -eu
. /etc/multiparty/boot.env
. "$SEED/auth.env"
export REDISCLI_AUTH

redis() { timeout 5 redis-cli -h "$SELF" -p "$REDIS_PORT" --raw "$@"; }
sentinel() { timeout 5 redis-cli -h "$SELF" -p "$SENTINEL_PORT" --raw SENTINEL "$@"; }
named() { sentinel get-master-addr-by-name "$MASTER_NAME" | head -n 1; }
role() { redis ROLE | head -n 1; }
good_replicas() { redis INFO replication | tr -d '\r' | sed -n 's/^min_slaves_good_slaves://p'; }

case $(role) in
    master)
        if [ "$(named)" = "$SELF" ]; then
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
said=$(sentinel failover "$MASTER_NAME")
case $said in
    OK | *INPROG*) ;;
    *)
        echo "Sentinel on $SELF refuses to make it the master instead of $before: $said" >&2
        exit 1
        ;;
esac

deadline=$(($(date +%s) + 30))
until [ "$(role)" = master ] && [ "$(named)" = "$SELF" ] && [ "$(good_replicas)" != 0 ]; do
    if [ "$(date +%s)" -ge "$deadline" ]; then
        echo "not within 30 s: $SELF has role $(role) and $(good_replicas) replicas in reach, Sentinel names $(named)" >&2
        exit 1
    fi
    sleep 1
done
echo "$SELF is the master instead of $before, and takes writes"
