#!/bin/sh
# The daemons' configuration, where it comes with the boot document.
set -eu
for bundle in /etc/multiparty/bundles/*; do
    multiparty-apply <"$bundle"
done
