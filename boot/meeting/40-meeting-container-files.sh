#!/bin/sh
# What the container mounts, file by file: the directory is root's, the files are for whichever user the image runs as.
set -eu
. /etc/multiparty/boot.env
install -d -m 0700 "$CONTAINER_FILES"
for file in config.js config.own.js web-config.js fleet.pem fleet.key; do
    [ ! -f "$SEED/$file" ] || install -m 0644 "$SEED/$file" "$CONTAINER_FILES/$file"
done
