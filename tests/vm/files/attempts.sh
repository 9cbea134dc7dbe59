#!/bin/sh
# Runs inside the image as root: what root may not do, by trying, and what still works.
failed=0
refused() {  # refused WHAT COMMAND...
  what=$1
  shift
  if out=$("$@" 2>&1); then echo "attempts: $what: not refused: $out"; failed=1; else echo "attempts: $what: refused"; fi
}
works() {
  what=$1
  shift
  if out=$("$@" 2>&1); then echo "attempts: $what: works"; else echo "attempts: $what: does not work: $out"; failed=1; fi
}
write() { printf '%s' "$2" >"$1"; }

works "a program of the image" /usr/bin/true
cp /usr/bin/true /var/lib/copied && chmod 755 /var/lib/copied
refused "the same program, copied to /var" /var/lib/copied
refused "the same by the dynamic loader" /lib64/ld-linux-x86-64.so.2 /var/lib/copied
cp /usr/bin/true /run/copied && chmod 755 /run/copied
refused "the same program, copied to /run" /run/copied
own() {  # own NAME PROGRAM...: a container whose root file system is part of the image
  name=$1
  shift
  ctr run --rm --rootfs --read-only --mount type=bind,src=/etc,dst=/mnt,options=rbind:ro /usr/lib/containers/own "$name" "$@"
}
works "a container that is part of the image" own one /bin/uname -r
context=$(own two /bin/cat /proc/self/attr/current 2>&1 | tr -d '\000')
works "its confinement" test "$context" = system_u:system_r:container_t:s0
works "a file of the host that is for all, in a container" own three /bin/cat /mnt/os-release
refused "the host's secrets, in a container" own four /bin/cat /mnt/shadow
refused "turning IPE off" write /sys/kernel/security/ipe/enforce 0
refused "setenforce 0" write /sys/fs/selinux/enforce 0
refused "writing to the system" write /usr/written x
refused "writing to /etc" write /etc/written x
refused "/dev/mem" head -c 1 /dev/mem
exit "$failed"
