#!/bin/sh
# Kernel settings, system users, and the end of the ban on package scripts that start services. cloud-init has read all
# that it wants: from here on nobody asks the metadata service, and journals are kept no longer than they may be. The
# clock is set: certificates, sessions and Sentinels go by it (a container has its host's, and the unit knows).
set -eu
rm -f /usr/sbin/policy-rc.d
sysctl --quiet --load=/etc/sysctl.d/60-multiparty.conf
systemd-sysusers
systemctl daemon-reload
systemctl start metadata-guard
systemctl restart systemd-journald
systemctl start systemd-timesyncd
