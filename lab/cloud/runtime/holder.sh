#!/bin/bash
# First process of a lab's namespaces: sets up what all of it shares, then reaps orphans for as long as the lab lives.
# When it is killed, every service, server, bridge and mount goes with it.
#   holder.sh STATE-DIRECTORY
set -e
mkdir -p /run/lab /run/netns
mount --bind "$1" /run/lab
mount -t tmpfs tmpfs /run/netns
mkdir -p /run/lab/cgroups
mount --rbind /sys/fs/cgroup /run/lab/cgroups
mount -t sysfs sysfs /sys # else /sys/class/net shows the machine's own interfaces
mount --rbind /run/lab/cgroups /sys/fs/cgroup
mount --bind /run/lab/resolv.conf /etc/resolv.conf
ip link set lo up
cd /
touch /run/lab/held
while sleep 3600; do :; done
