#!/bin/sh
# The package's own haproxy.service has nothing to do here, and must not start at the next boot.
set -eu
ln -sf /dev/null /etc/systemd/system/haproxy.service
