#!/bin/sh
# The meeting server's image, by digest, so that the service's start does not wait for a registry; asked again and again,
# as podman 4 asks once. Where a baked image has it, nobody is asked.
set -eu
. /etc/multiparty/boot.env
[ ! -f "$REGISTRY_AUTH_FILE" ] || export REGISTRY_AUTH_FILE
attempt=1
until podman image exists "$CONTAINER_IMAGE" || podman pull --quiet "$CONTAINER_IMAGE"; do
    [ "$attempt" -lt 10 ] || exit 1
    sleep $((attempt * 3))
    attempt=$((attempt + 1))
done
