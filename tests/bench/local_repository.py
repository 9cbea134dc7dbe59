"""The peers' package source: a flat repository with exactly the packages that Keelson's lock names, and one with what
mkosi wants besides for its initrd."""
import json
import pathlib
import shutil
import subprocess

RELEASE = "trixie"  # mmdebstrap picks the essential packages by it

# The kernel packages ask for a program that makes an initrd. Keelson provides it itself; so that the peers install
# the same set, and don't generate an initrd that Keelson doesn't, they get an empty package with that name.
STAND_IN = """Package: keelson-initrd
Version: 1
Architecture: all
Maintainer: Keelson <keelson@localhost>
Provides: linux-initramfs-tool
Description: stands for Keelson's own initrd
"""


def read_lock(path):
    return json.loads(pathlib.Path(path).read_text())


def object_path(cache, sha256):
    path = cache / "objects" / sha256[:2] / sha256
    if path.exists():
        return path
    raise RuntimeError(f"cannot find object {sha256} in {cache}")


def make(folder, cache, lock):
    """Copies the lock's packages out of Keelson's cache, and indexes them."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for package in lock["packages"]:
        name = package["url"].rpartition("/")[2]
        shutil.copyfile(object_path(cache, package["sha256"]), folder / name)
    build_stand_in(folder)
    index(folder)


def build_stand_in(folder):
    root = folder.parent / "stand-in"
    shutil.rmtree(root, ignore_errors=True)
    (root / "DEBIAN").mkdir(parents=True)
    (root / "DEBIAN/control").write_text(STAND_IN)
    subprocess.run(["dpkg-deb", "--root-owner-group", "-b", root, folder / "keelson-initrd_1_all.deb"], check=True,
                   stdout=subprocess.DEVNULL)


def index(folder):
    for name in ("Packages", "Release"):
        (folder / name).unlink(missing_ok=True)
    packages = subprocess.run(["apt-ftparchive", "packages", "."], cwd=folder, check=True, stdout=subprocess.PIPE).stdout
    (folder / "Packages").write_bytes(packages)
    release = subprocess.run(["apt-ftparchive", "-o", f"APT::FTPArchive::Release::Codename={RELEASE}", "release", "."], cwd=folder, check=True, stdout=subprocess.PIPE).stdout
    (folder / "Release").write_bytes(release)


def installed_size(folder):
    """What the packages say they unpack to, in bytes."""
    text = (folder / "Packages").read_text()
    return sum(int(line.split()[1]) << 10 for line in text.splitlines() if line.startswith("Installed-Size:"))
