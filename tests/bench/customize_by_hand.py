"""The same changes done as root by those who have no such tool: raw copy, loop device, mount, chroot, apt-get, back;
in a mount namespace of its own, so that a run that fails leaves nothing mounted."""
import measured

# What the recipe says.
CHANGES = """
echo measured > etc/hostname
chroot . useradd --create-home --uid 2600 alice
echo one > etc/one; echo two > etc/two; echo three > usr/local/three
chroot . systemctl disable ssh 2>/dev/null
"""
SCRIPT = """
base=$1 work=$2 output=$3 apt=$4 root=$5 package=$6
qemu-img convert -f qcow2 -O raw "$base" "$work/disk.raw"
mkdir -p "$work/mnt"
mount -o "loop,offset=$root" "$work/disk.raw" "$work/mnt"
cd "$work/mnt"
if [ -n "$package" ]; then
  for place in proc sys dev; do mount --rbind /$place $place; mount --make-rslave $place; done
  mount --bind "$apt/lists" var/lib/apt/lists; mount --bind "$apt/archives" var/cache/apt/archives
  mount --bind /etc/resolv.conf etc/resolv.conf
  printf '#!/bin/sh\\nexit 101\\n' > usr/sbin/policy-rc.d; chmod +x usr/sbin/policy-rc.d
  DEBIAN_FRONTEND=noninteractive chroot . apt-get -q -y -o Dpkg::Use-Pty=0 install --no-install-recommends "$package"
  rm usr/sbin/policy-rc.d
fi
CHANGES
cd /
umount -R "$work/mnt"
qemu-img convert -f raw -O qcow2 "$work/disk.raw" "$output"
rm "$work/disk.raw"
""".replace("CHANGES", CHANGES)


class ByHand:
    title = "by hand"

    def __init__(self, folder, base, root_start, apt):
        self.folder, self.base, self.root_start, self.apt = folder, base, root_start, apt
        self.output, self.work = folder / "hand.qcow2", folder / "work"
        self.work.mkdir(exist_ok=True)

    def run(self, package):
        return measured.run(["unshare", "--mount", "--propagation", "private", "bash", "-euc", SCRIPT, "sh", str(self.base),
                             str(self.work), str(self.output), str(self.apt), str(self.root_start), package], log=self.folder / "hand.log")
