#!/bin/sh
# The last step on a guest image's root directory, before it becomes a file system.
#   customize.sh KIND ROOT FILES
set -e
kind=$1 root=$2 files=$3
cp -a --no-preserve=ownership "$files/common/." "$files/$kind/." "$root/"
echo guest >"$root/etc/hostname"
echo '127.0.0.1 localhost' >"$root/etc/hosts"
rm -f "$root"/etc/ssh/ssh_host_* "$root/etc/machine-id"
: >"$root/etc/machine-id"
in_root() { chroot "$root" "$@" >/dev/null 2>&1; }
in_root systemctl enable systemd-networkd ssh
in_root systemctl mask apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer \
  e2scrub_reap.service fstrim.timer man-db.timer logrotate.timer getty@tty1.service \
  sys-kernel-debug.mount # which a container may not mount
if [ "$kind" = baked ]; then
  in_root systemctl disable redis-server redis-sentinel haproxy gdnsd nftables prometheus prometheus-alertmanager \
    prometheus-blackbox-exporter prometheus-redis-exporter prometheus-node-exporter
  in_root systemctl mask systemd-update-utmp.service systemd-pcrphase.service systemd-pcrphase-sysinit.service \
    cloud-config.service cloud-init-hotplugd.socket systemd-binfmt.service systemd-update-done.service
  in_root groupadd --system caddy
  in_root useradd --system --gid caddy --create-home --home-dir /var/lib/caddy --shell /usr/sbin/nologin caddy
  printf 'nameserver 198.51.100.2\noptions timeout:1 attempts:1\n' >"$root/etc/resolv.conf"
fi
# No udev in the initrd, where it would take half of the time: the modules are listed, the kernel makes the nodes.
for script in init-top/udev init-bottom/udev; do
  printf '#!/bin/sh\nexit 0\n' >"$root/usr/share/initramfs-tools/scripts/$script"
done
chroot "$root" update-initramfs -u -k all >/dev/null
rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/*
