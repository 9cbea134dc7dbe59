"""RPM databases for tests: real packages by rpmbuild, installed by rpm into a root of their own; and the same headers in
the two other forms of the database, which Debian's rpm does not write."""
import shutil
import sqlite3
import struct
import subprocess
import zlib

from program import Skip

FOLDER = "usr/lib/sysimage/rpm"
RELEASE = 'ID=azurelinux\nVERSION_ID="3.0"\nPRETTY_NAME="Microsoft Azure Linux 3.0"\nNAME="Microsoft Azure Linux"\n'


def need_tools(*names):
    for name in names:
        if shutil.which(name) is None:
            raise Skip(f"{name} is not installed")


def run(*command, **options):
    return subprocess.run([str(word) for word in command], check=True, capture_output=True, **options).stdout.decode()


class Builder:
    """Builds small packages and installs them, all in one folder; nothing of this machine's own database is touched."""

    def __init__(self, folder):
        need_tools("rpm", "rpmbuild")
        self.folder = folder
        self.environment = {"HOME": str(folder), "PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL": "C.UTF-8"}

    def build(self, name, version, release, *, head="", files=None, changelog="", sub=""):
        """One spec of files {path: (content, "%config" or "")}; returns the packages that it gives."""
        top = self.folder / f"build-{name}-{version}-{release}"
        top.mkdir()
        install, listed = [], []
        for number, (path, (content, kind)) in enumerate((files or {}).items()):
            (top / f"source{number}").write_text(content)
            install.append(f"install -D -m 644 {top}/source{number} %{{buildroot}}{path}")
            listed.append(f"{kind} {path}".strip())
        spec = top / "spec"
        spec.write_text("\n".join([
            f"Name: {name}\nVersion: {version}\nRelease: {release}\nSummary: {name}, made for a test\nBuildArch: noarch",
            head, "%description\nA test's.", sub, "%install\nmkdir -p %{buildroot}", *install, "%files", *listed, "%changelog", changelog, ""]))
        run("rpmbuild", "--quiet", "--define", f"_topdir {top}", "-bb", spec, env=self.environment)
        return sorted((top / "RPMS").rglob("*.rpm"))

    def install(self, root, packages, *options):
        """As a package manager would, with the files; scripts there are none."""
        (root / "etc").mkdir(parents=True, exist_ok=True)
        (root / "etc/os-release").write_text(RELEASE)
        (root / "etc/fstab").write_text("")
        self.rpm(root, "-i", "--nodeps", "--nosignature", "--force-debian", *options, *packages)

    def rpm(self, root, *arguments, folder=FOLDER, form="sqlite"):
        return run("rpm", "--root", root, "--dbpath", f"/{folder}", "--define", f"_db_backend {form}", *arguments, env=self.environment)


def blobs_of(root, folder=FOLDER):
    """The header blobs by their numbers, as rpm wrote them."""
    with sqlite3.connect(root / folder / "rpmdb.sqlite") as database:
        return dict(database.execute("select hnum, blob from Packages"))


def ndb_of(blobs):
    """RPM's own form, by its sources: lib/backend/ndb/rpmpkg.c."""
    pages = (2 + len(blobs)) * 16 // 4096 + 1
    slots, body = [], b""
    for number, blob in blobs.items():
        count = (16 + len(blob) + 12 + 15) // 16
        slots.append(struct.pack("<4sIII", b"Slot", number, (pages * 4096 + len(body)) // 16, count))
        head = struct.pack("<4sIII", b"BlbS", number, 1, len(blob)) + blob
        head += bytes(count * 16 - 12 - len(head))
        body += head + struct.pack("<II4s", zlib.adler32(head), len(blob), b"BlbE")
    header = struct.pack("<4sIIII", b"RpmP", 0, 1, pages, max(blobs) + 1).ljust(32, b"\0") + b"".join(slots)
    free = (pages * 4096 - len(header)) // 16
    return header + struct.pack("<4sIII", b"Slot", 0, 0, 0) * free + body


def berkeley_of(blobs, path):
    """A hash table of Berkeley DB, made by its own program."""
    need_tools("db5.3_load")
    def line(value):
        return " " + value.hex() + "\n"
    text = "VERSION=3\nformat=bytevalue\ntype=hash\ndb_pagesize=4096\nHEADER=END\n"
    text += line(struct.pack("<I", 0)) + line(struct.pack("<I", max(blobs)))
    for number, blob in blobs.items():
        text += line(struct.pack("<I", number)) + line(blob)
    text += "DATA=END\n"
    subprocess.run(["db5.3_load", str(path)], input=text.encode(), check=True, capture_output=True)
