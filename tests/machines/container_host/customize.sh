#!/bin/sh
# The last step on the root directory of the host of containers, before it becomes a file system.
#   customize.sh ROOT FILES COMMON
set -e
root=$1 files=$2 common=$3
cp -a --no-preserve=ownership "$common/etc/initramfs-tools/." "$root/etc/initramfs-tools/"
cp "$files/program.service" "$root/etc/systemd/system/"
echo host >"$root/etc/hostname"
in_root() { chroot "$root" "$@" >/dev/null 2>&1; }
in_root systemctl enable program.service
in_root systemctl mask lxc.service lxc-net.service apt-daily.timer apt-daily-upgrade.timer e2scrub_reap.service \
  fstrim.timer getty@tty1.service serial-getty@ttyS0.service
for script in init-top/udev init-bottom/udev; do
  printf '#!/bin/sh\nexit 0\n' >"$root/usr/share/initramfs-tools/scripts/$script"
done
chroot "$root" update-initramfs -u -k all >/dev/null
rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/*
