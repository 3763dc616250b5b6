#!/bin/sh
# Before redis-sentinel starts: seed sentinel.conf, unless Sentinel has made the file its own. The Redis beside it has
# asked who the master is; a Sentinel that watched the planned master instead would vote against its peers.
set -eu
. /etc/multiparty/boot.env
conf=/var/lib/redis-sentinel/sentinel.conf
! grep -qs '^sentinel myid' "$conf" || exit 0

master=$(sed -n 's/^replicaof \([0-9.]*\) .*/\1/p' /var/lib/redis/redis.conf)
umask 077
sed "s/@MASTER@/${master:-$SELF}/" "$SEED/sentinel.conf" >"$conf"
chown redis:redis "$conf"
