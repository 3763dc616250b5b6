#!/bin/sh
# Each node's directory and configuration; what it learns of the cluster it keeps there, in nodes.conf.
set -eu
. /etc/multiparty/boot.env
for node in home guest; do
    install -d -o redis -g redis -m 0750 /var/lib/redis "/var/lib/redis/$node"
    install -o redis -g redis -m 0600 "$SEED/$node.conf" "/var/lib/redis/$node/redis.conf"
done
