#!/bin/sh
# Seed redis.conf once. Redis rewrites it: from then on it is state, and stays.
set -eu
. /etc/multiparty/boot.env
install -d -o redis -g redis -m 0750 /var/lib/redis /var/lib/redis-sentinel
[ -e /var/lib/redis/redis.conf ] || install -o redis -g redis -m 0600 "$SEED/redis.conf" /var/lib/redis/redis.conf
