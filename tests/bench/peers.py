"""What Keelson is compared with: mmdebstrap and mkosi, each set up once, and run offline."""
import hashlib
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile

import local_repository
import measured

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "fixtures"))
from host_mirror import sources  # noqa: E402,F401

RELEASE = local_repository.RELEASE
# mkosi and what it calls.
TOOLS = ("mkosi,systemd-boot,systemd-ukify,systemd-repart,systemd,udev,mtools,dosfstools,e2fsprogs,erofs-utils,apt,apt-utils,"
         "debian-archive-keyring,python3-pefile,zstd,kmod,cpio,bubblewrap,uidmap,util-linux,fdisk,xz-utils,ca-certificates")
# A memory file system, private to the run, as Keelson mounts one for itself.
IN_MEMORY = ["unshare", "--mount", "--propagation", "private", "sh", "-ec", 'mount -t tmpfs -o mode=755,size=75% work "$1"; shift; exec "$@"', "sh"]
# mkosi wants / to be a mount point: its tree is bound, and becomes the root with pivot_root.
ENTER_TREE = """
tree=$1 memory=$2; shift 2
mount --bind "$tree" "$tree"; cd "$tree"
mount -t proc proc proc; mount --rbind /sys sys; mount --rbind /dev dev; mount -t tmpfs run run; mount -t tmpfs -o mode=1777 tmp tmp
mkdir -p bench "$memory"; mount --bind .. bench; mount -t tmpfs -o mode=755,size=75% work "$memory"
pivot_root . mnt; umount -l mnt
exec env -i PATH=/usr/sbin:/usr/bin HOME=/root TERM=dumb LANG=C.UTF-8 "$@"
"""


def quietly(command, **options):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", **options)
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]} ended with {done.returncode}; its last words:\n" + done.stdout[-2000:])
    return done.stdout


def difference(lock, installed):
    """What a peer's result holds more or less than the lock, in words."""
    wanted = {package["name"] for package in lock["packages"]} | {"keelson-initrd"}
    more, less = sorted(installed - wanted), sorted(wanted - installed)
    if not more and not less:
        return "installed exactly the same packages"
    return f"installed besides: {' '.join(more) or 'nothing'}; not: {' '.join(less) or 'nothing'}"


class Mmdebstrap:
    """The same packages as a root file system in a tar: no initrd, boot files, file system or disk."""

    title = "mmdebstrap: tar"

    def __init__(self, bench, repository, lock):
        self.bench, self.repository = bench, repository
        self.packages = [package["name"] for package in lock["packages"]] + ["keelson-initrd"]
        self.version = quietly(["mmdebstrap", "--version"]).split()[-1]
        self.output = bench / "mmdebstrap.tar"

    def run(self):
        self.output.unlink(missing_ok=True)
        memory = self.bench / "memory"
        memory.mkdir(exist_ok=True)
        return measured.run(IN_MEMORY + [str(memory), "env", f"TMPDIR={memory}", "mmdebstrap", "--mode=root", "--variant=essential",
                                         "--include=" + ",".join(self.packages), '--aptopt=APT::Install-Recommends "false"',
                                         RELEASE, str(self.output), f"deb [trusted=yes] copy:{self.repository} ./"],
                            log=self.bench / "logs/mmdebstrap.log")

    def difference(self, lock):
        with tarfile.open(self.output) as tar:
            status = tar.extractfile("./var/lib/dpkg/status").read().decode()
        return difference(lock, set(re.findall(r"^Package: (\S+)$", status, re.MULTILINE)))


class Mkosi:
    """A bootable disk: EFI system partition with a unified kernel image, ext4 root, mkosi's own initrd."""

    title = "mkosi: bootable disk, raw"

    def __init__(self, bench, repository, lock):
        self.bench, self.tree = bench, bench / "mkosi-tree"
        self.lock, self.repository = lock, repository
        self.output = bench / "mkosi-out/image.raw"
        self.memory = "var/tmp/work"
        self.make_tree()
        self.version = quietly(["chroot", str(self.tree), "mkosi", "--version"]).split()[1]
        self.extra = self.make_repository()
        self.write_configuration()

    def make_tree(self):
        if (self.tree / "usr/bin/mkosi").exists():
            return
        shutil.rmtree(self.tree, ignore_errors=True)
        quietly(["mmdebstrap", "--variant=apt", '--aptopt=APT::Install-Recommends "false"', f"--include={TOOLS}", RELEASE,
                 str(self.tree), *sources()])

    def initrd_packages(self):
        """The names in mkosi's own recipe for its initrd; regular expressions are apt's."""
        folder = self.tree / "usr/lib/python3/dist-packages/mkosi/resources/mkosi-initrd"
        names = set()
        for file in [folder / "mkosi.conf", *folder.glob("mkosi.conf.d/*debian*"), *folder.glob("mkosi.conf.d/*debian*/**/*.conf")]:
            if file.is_file():
                for block in re.findall(r"^Packages=(.*(?:\n[ \t]+.*|\n)*)", file.read_text(), re.MULTILINE):
                    names.update(word for line in block.splitlines() for word in line.split("#")[0].split())
        return sorted(names)

    def make_repository(self):
        """Adds what mkosi's initrd installs besides; returns the names of those packages."""
        everything = self.bench / "repository-mkosi"
        shutil.rmtree(everything, ignore_errors=True)
        shutil.copytree(self.repository, everything)
        kept = self.bench / "initrd-packages"
        # Another lock may mean newer packages, with which those of an earlier run don't fit.
        key = hashlib.sha256(json.dumps(self.lock["packages"]).encode()).hexdigest()
        if not (kept / key).exists():
            shutil.rmtree(kept, ignore_errors=True)
            kept.mkdir()
            self.download(kept)
            (kept / key).touch()
        ours = {package["name"] for package in self.lock["packages"]}
        extra = [deb for deb in sorted(kept.glob("*.deb")) if deb.name.split("_")[0] not in ours]
        for deb in extra:
            shutil.copy(deb, everything / deb.name)
        local_repository.index(everything)
        return [deb.name.split("_")[0] for deb in extra]

    def download(self, folder):
        """With apt inside the tree, against an empty package database: the whole closure."""
        quietly(["chroot", str(self.tree), "apt-get", "update"])
        empty = self.tree / "var/tmp/empty-status"
        empty.write_text("")
        shutil.rmtree(self.tree / "var/tmp/initrd", ignore_errors=True)
        (self.tree / "var/tmp/initrd/partial").mkdir(parents=True)
        quietly(["chroot", str(self.tree), "apt-get", "-y", "--download-only", "--no-install-recommends", "-o", "Dir::State::status=/var/tmp/empty-status",
                 "-o", "Dir::Cache::archives=/var/tmp/initrd", "install", "?essential", *self.initrd_packages()])
        for deb in (self.tree / "var/tmp/initrd").glob("*.deb"):
            shutil.move(str(deb), folder / deb.name.replace("%3a", ":"))

    def write_configuration(self):
        folder = self.bench / "mkosi"
        shutil.rmtree(folder, ignore_errors=True)
        sandbox = folder / "mkosi.sandbox/etc/apt/sources.list.d"
        sandbox.mkdir(parents=True)
        # Ours, since mkosi's own names an archive of debug packages that a mirror may lack.
        (sandbox / "mkosi.sources").write_text("Types: deb\nURIs: file:///bench/repository-mkosi\nSuites: ./\nTrusted: yes\n")
        names = "\n".join(f"    {package['name']}" for package in self.lock["packages"])
        (folder / "mkosi.conf").write_text(f"""[Distribution]
Distribution=debian
Release={RELEASE}
LocalMirror=file:///bench/repository-mkosi

[Output]
Format=disk
Output=image
ManifestFormat=json
OutputDirectory=/bench/mkosi-out

[Build]
WorkspaceDirectory=/{self.memory}

[Content]
Bootable=yes
Bootloader=uki
WithDocs=yes
KernelCommandLine=console=tty0 console=ttyS0 loglevel=4
Packages=
{names}
    keelson-initrd
""")

    def run(self):
        shutil.rmtree(self.output.parent, ignore_errors=True)
        self.output.parent.mkdir()
        for leftover in ("var/cache/mkosi", "root/.cache"):
            shutil.rmtree(self.tree / leftover, ignore_errors=True)
        return measured.run(["unshare", "--mount", "--propagation", "private", "sh", "-ec", ENTER_TREE, "sh", str(self.tree), self.memory,
                             "mkosi", "--directory=/bench/mkosi", "--force", "build"], log=self.bench / "logs/mkosi.log")

    def difference(self, lock):
        manifest = json.loads(self.output.with_name("image.manifest").read_text())
        text = difference(lock, {package["name"] for package in manifest["packages"]})
        return f"{text}; its initrd, a second root, is made of other packages: {len(self.extra)} of them are not in the image"
