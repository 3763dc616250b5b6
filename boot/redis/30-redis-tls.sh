#!/bin/sh
# The fleet's key is read by Redis and Sentinel themselves, whenever they start.
set -eu
. /etc/multiparty/boot.env
chown redis:redis "$SEED/fleet.key"
