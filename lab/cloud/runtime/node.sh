#!/bin/bash
# First process of a compute node: its own view of the directories that libvirt and Neutron's agents share by default.
#   node.sh NODE VIRT_TYPE
set -e
node=$1 kvm=$2 home=/run/lab/nodes/$1 log=/run/lab/log
hostname "$node"
for d in /run/libvirt /run/netns /run/lock /var/cache/libvirt; do
  mkdir -p $d
  mount -t tmpfs tmpfs $d
done
mkdir -p /var/lib/libvirt /etc/libvirt /var/log/libvirt
mount --bind "$home/libvirt" /var/lib/libvirt
mount --bind "$home/etc-libvirt" /etc/libvirt
mount --bind "$home/log-libvirt" /var/log/libvirt
mount --bind "$home/hosts" /etc/hosts

# A /dev without kvm, so that neither libvirt nor QEMU picks it, unless machines were seen to boot on it.
dev=$home/dev
mkdir -p "$dev"
mount -t tmpfs -o mode=755 tmpfs "$dev"
for n in null zero full random urandom tty; do cp -a /dev/$n "$dev/"; done
[ "$kvm" = kvm ] && cp -a /dev/kvm "$dev/"
mkdir "$dev"/{net,pts,shm,hugepages,mqueue}
cp -a /dev/net/tun "$dev/net/"
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts "$dev/pts"
ln -s pts/ptmx "$dev/ptmx"
ln -s /proc/self/fd "$dev/fd"
for n in stdin:0 stdout:1 stderr:2; do ln -s "/proc/self/fd/${n#*:}" "$dev/${n%:*}"; done
mount -t tmpfs tmpfs "$dev/shm"
mount --move "$dev" /dev

# QEMU's translation cache takes 500 MB a guest and Nova has no option for it: a wrapper in the binary's place. The
# binary itself stays in its directory, relative to which it finds its data, under the name of one that is not used.
if [ "$kvm" != kvm ]; then
  mount --bind /usr/bin/qemu-system-x86_64 /usr/bin/qemu-system-x86_64-microvm
  mount --bind "$home/qemu.sh" /usr/bin/qemu-system-x86_64
fi

virtlogd -p /run/libvirt/virtlogd.pid >>"$log/virtlogd-$node.out" 2>&1 &
libvirtd -p /run/libvirt/libvirtd.pid >>"$log/libvirtd-$node.out" 2>&1 &
until [ -S /run/libvirt/libvirt-sock ]; do
  kill -0 $! || exit 1
  sleep 0.1
done
touch "$home/ready"
wait
