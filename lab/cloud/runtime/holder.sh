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
# Of cgroups of the second version one with processes in it, such as a login's, bounds nobody below it. LXC makes servers'
# beside the first process' own when this is called init.scope.
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
  own=/sys/fs/cgroup/multiparty-lab-$(basename "$1")
  mkdir -p "$own/init.scope" && echo $$ >"$own/init.scope/cgroup.procs" &&
    echo "+cpu +memory +pids" >/sys/fs/cgroup/cgroup.subtree_control ||
    echo "servers that are containers will not start: this machine's cgroups are not ours to divide"
fi
ip link set lo up
cd /
touch /run/lab/held
while sleep 3600; do :; done
