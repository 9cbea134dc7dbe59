"""virt-customize, of guestfs-tools: it changes a copy of the disk from inside a virtual machine of its own, the appliance,
which it makes of the host's programs and kernel once (not measured) and boots each time."""
import os
import pathlib
import re
import shutil
import subprocess

import measured

# The appliance's modules come from /lib/modules: where the host has no kernel of its own (a container), one is unpacked and
# put there in a mount namespace. $1: where it is unpacked, "" for the host's; $2: an empty folder.
WITH_KERNEL = """
unpacked=$1 place=$2; shift 2
if [ -n "$unpacked" ]; then
  mount -t tmpfs changes "$place"; mkdir "$place/upper" "$place/work"
  mount -t overlay -o "lowerdir=/usr/lib,upperdir=$place/upper,workdir=$place/work" overlay /usr/lib
  mkdir -p /lib/modules
fi
exec "$@"
"""


def missing():
    return "" if shutil.which("virt-customize") else "guestfs-tools is not installed: apt-get install --no-install-recommends guestfs-tools"


class VirtCustomize:
    title = "virt-customize"

    def __init__(self, folder, base, apt):
        self.folder, self.base, self.apt = folder, base, apt
        self.output, self.empty = folder / "virt-customize.qcow2", folder / "empty"
        self.empty.mkdir(exist_ok=True)
        self.version = subprocess.run(["virt-customize", "--version"], stdout=subprocess.PIPE, text=True, check=True).stdout.split()[-1]
        # Software emulation for all: KVM may be there and not work, and Keelson uses no machine at all.
        self.environment = {**os.environ, "LIBGUESTFS_BACKEND": "direct", "LIBGUESTFS_BACKEND_SETTINGS": "force_tcg",
                            "LIBGUESTFS_CACHEDIR": str(folder), "TMPDIR": str(folder)}
        self.kernel = "" if any(pathlib.Path("/boot").glob("vmlinuz-*")) else self.unpack_kernel()

    def unpack_kernel(self):
        """Debian's kernel for clouds, from the host's mirrors; returns its folder."""
        place = self.folder / "kernel"
        if not (place / "boot").exists():
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir()
            depends = subprocess.run(["apt-cache", "depends", "linux-image-cloud-amd64"], stdout=subprocess.PIPE, text=True, check=True).stdout
            name = re.search(r"Depends: (linux-image-\S+)", depends).group(1)
            subprocess.run(["apt-get", "-q", "download", name], cwd=place, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            deb = next(place.glob("*.deb"))
            subprocess.run(["dpkg-deb", "-x", deb, place], check=True)
            deb.unlink()
            release = next((place / "lib/modules").iterdir()).name
            subprocess.run(["depmod", "-b", place, release], check=True)
        modules = next((place / "lib/modules").iterdir())
        self.environment |= {"SUPERMIN_KERNEL": str(place / f"boot/vmlinuz-{modules.name}"), "SUPERMIN_MODULES": str(modules)}
        return str(place)

    def changes(self, package):
        """What the recipe says. The package is handed in as a file, so that no indices have to be copied."""
        words = ["--hostname", "measured", "--run-command", "useradd --create-home --uid 2600 alice", "--write", "/etc/one:one\n",
                 "--write", "/etc/two:two\n", "--write", "/usr/local/three:three\n", "--run-command", "systemctl disable ssh"]
        if package:
            deb = next((self.apt / "archives").glob(f"{package}_*.deb"))
            words += ["--copy-in", f"{deb}:/var/tmp", "--run-command", "dpkg -i /var/tmp/*.deb; rm /var/tmp/*.deb"]
        return words

    def run(self, package):
        """A copy of the base, and the changes in it."""
        command = ["unshare", "--mount", "--propagation", "private", "sh", "-euc", WITH_KERNEL, "sh", self.kernel, str(self.empty), "sh",
                   "-euc", 'cp "$1" "$2"; output=$2; shift 2; exec virt-customize --quiet --no-network -a "$output" "$@"', "sh",
                   str(self.base), str(self.output), *self.changes(package)]
        return measured.run(command, environment=self.environment, log=self.folder / "virt-customize.log")
