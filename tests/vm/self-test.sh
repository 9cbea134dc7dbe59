#!/bin/sh
# Runs inside the image. Every line is a promise of everything.yaml.
failed=0
expect() {  # expect WHAT WANTED FOUND
  if [ "$2" != "$3" ]; then echo "self-test: $1: wanted '$2', found '$3'"; failed=1; fi
}
expect hostname everything.example "$(cat /proc/sys/kernel/hostname)"
expect "group of operators" operators:x:2500: "$(grep ^operators: /etc/group)"
expect "uid of alice" 2600 "$(id -u alice)"
expect "primary group of alice" operators "$(id -gn alice)"
expect "groups of alice" "operators adm" "$(id -Gn alice)"
expect "shell of alice" /bin/sh "$(grep ^alice: /etc/passwd | cut -d: -f7)"
expect "password hash of alice" '$y$' "$(grep ^alice: /etc/shadow | cut -d: -f2 | cut -c1-3)"
expect "password expiry of alice" 90 "$(grep ^alice: /etc/shadow | cut -d: -f5)"
expect "home of alice" "alice operators" "$(stat -c '%U %G' /home/alice)"
expect "keys of alice" "600 alice" "$(stat -c '%a %U' /home/alice/.ssh/authorized_keys)"
expect "new folder" 751 "$(stat -c %a /usr/share/everything)"
expect "file in new folder" 640 "$(stat -c %a /usr/share/everything/motd.d/10-welcome)"
expect "module loaded with its options" Y "$(cat /sys/module/overlay/parameters/metacopy)"
expect "disabled module" 1 "$(grep -rlE '^(blacklist|install) floppy' /etc/modprobe.d | wc -l)"
expect "command line" 1 "$(tr ' ' '\n' </proc/cmdline | grep -c ^keelson.everything=1$)"
expect "disabled timer" "" "$(find /etc/systemd/system -name fstrim.timer)"
expect "file system of /var" "ext4" "$(awk '$2 == "/var" {print $3}' /proc/mounts)"
expect "options of /var" "nosuid nodev" "$(awk '$2 == "/var" {print $4}' /proc/mounts | tr , '\n' | grep -E '^no(suid|dev)$' | tr '\n' ' ' | sed 's/ $//')"
expect "file system of /boot/efi" vfat "$(awk '$2 == "/boot/efi" {print $3}' /proc/mounts)"
expect "size of the disk" 3221225472 "$(($(cat "/sys/class/block/$(basename "$(readlink -f /dev/disk/by-partlabel/rootfs)")/../size") * 512))"
expect "packages are all configured" "" "$(dpkg -l | grep -v '^ii' | tail -n +6)"
expect "overlay" "overlay noatime" "$(awk '$2 == "/srv/merged" {print $1}' /proc/mounts) $(awk '$2 == "/srv/merged" {print $4}' /proc/mounts | tr , '\n' | grep -x noatime)"
expect "file below the overlay" "$(cat /usr/share/everything/motd.d/10-welcome)" "$(cat /srv/merged/motd.d/10-welcome)"
expect "mode of the overlay" 751 "$(stat -c %a /srv/merged)"
echo changed > /srv/merged/motd.d/10-welcome
expect "file in the upper folder" changed "$(cat /var/overlays/merged/upper/motd.d/10-welcome)"
expect "overlay of the initrd" "lowerdir=/sysroot/opt:/sysroot/etc/skel" "$(awk '$2 == "/opt" && $3 == "overlay" {print $4}' /proc/mounts | tr , '\n' | grep ^lowerdir=)"
echo new > /opt/new
expect "file in its upper folder" new "$(cat /var/overlays/opt/upper/new)"
expect "kernel setting" 2 "$(cat /proc/sys/kernel/kptr_restrict)"
expect "lockdown" integrity "$(sed 's/.*\[\(.*\)\].*/\1/' /sys/kernel/security/lockdown)"
expect "control groups" cgroup2 "$(awk '$2 == "/sys/fs/cgroup" {print $3}' /proc/mounts)"
expect "scripts" "--last: hello debian, alice has 2600" "$(cat /etc/said-last)"
expect "what scripts see" "" "$(find / -maxdepth 1 -name _imageconfigs -o -maxdepth 1 -name 'keelson*')"
expect "package files are as packaged" "" "$(dpkg -V)"
[ "$failed" = 0 ] && echo "self-test: everything is as the recipe says"
exit "$failed"
