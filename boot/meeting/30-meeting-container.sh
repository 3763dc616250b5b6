#!/bin/sh
# The meeting server's image, by digest, so that the service's start does not wait for a registry.
set -eu
. /etc/multiparty/boot.env
[ ! -f "$REGISTRY_AUTH_FILE" ] || export REGISTRY_AUTH_FILE
podman pull --quiet "$CONTAINER_IMAGE"
