#!/bin/bash
# First process of a compute node whose servers are containers: its own view of the directories that Neutron's agents
# and LXC share by default.
#   node-containers.sh NODE
set -e
node=$1 home=/run/lab/nodes/$1
hostname "$node"
mount --rbind /run/lab/cgroups /sys/fs/cgroup # `ip netns exec` made a new /sys
for d in /run/netns /run/lock /run/lxc; do
  mkdir -p $d
  mount -t tmpfs tmpfs $d
done
mount --bind "$home/hosts" /etc/hosts
touch "$home/ready"
while sleep 3600; do :; done
