"""Small disks with an OS in them, made by other people's tools: sgdisk, mke2fs, mtools, qemu-img."""
import pathlib
import shutil
import subprocess

from program import Skip

MIB = 1 << 20
ROOT_UUID = "11111111-2222-3333-4444-555555555555"
GRUB = f"""set timeout=1
menuentry 'Debian' {{
\tlinux\t/boot/vmlinuz-6.12 root=UUID={ROOT_UUID} ro
\tinitrd\t/boot/initrd.img-6.12
}}
"""
FILES = {
    "etc/os-release": 'ID=debian\nVERSION_CODENAME=trixie\nPRETTY_NAME="Debian GNU/Linux 13 (trixie)"\n',
    "etc/passwd": "root:x:0:0:root:/root:/bin/sh\n",
    "etc/shadow": "root:*:20000:0:99999:7:::\n",
    "etc/group": "root:x:0:\nadm:x:4:\n",
    "etc/gshadow": "root:*::\nadm:*::\n",
    "etc/hostname": "base\n",
    "etc/fstab": f"UUID={ROOT_UUID} / ext4 errors=remount-ro 0 1\nUUID=CAFE-0001 /boot/efi vfat umask=0077 0 1\n",
    "etc/default/grub": "GRUB_TIMEOUT=1\n",
    "boot/grub/grub.cfg": GRUB,
    "boot/vmlinuz-6.12": "kernel",
    "usr/lib/systemd/system/fstrim.timer": "[Timer]\nOnCalendar=weekly\n[Install]\nWantedBy=timers.target\n",
    "bin/sh": "#!/no\n",
}


def tool(*words, **how):
    if not shutil.which(str(words[0])):
        raise Skip(f"{words[0]} is not installed")
    return subprocess.run([str(word) for word in words], check=True, capture_output=True, text=True, **how).stdout


def make_tree(folder, files=None, sparse=None):
    """`sparse`: files of that size, with nothing behind their content."""
    for name, content in {**FILES, **(files or {})}.items():
        if content is None:
            continue
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, pathlib.Path):
            shutil.copy(content, path)  # with its mode: a program
            continue
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    (folder / "boot/efi").mkdir(parents=True, exist_ok=True)
    (folder / "root").mkdir(exist_ok=True)
    (folder / "var/large").mkdir(parents=True)
    for number in range(20):
        (folder / f"var/large/{number}").write_bytes(bytes([number + 1]) * (512 * 1024))
    for name, length in (sparse or {}).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        with open(folder / name, "ab") as file:
            file.truncate(length)


class Disk:
    """A GPT disk with an ESP and an ext4 root, at places that never change."""

    ESP = (1 * MIB, 40 * MIB)
    ROOT = (41 * MIB, 150 * MIB)

    def __init__(self, folder, *, files=None, sparse=None, features=(), size=192 * MIB):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.raw = self.folder / "base.raw"
        tree = self.folder / "tree"
        make_tree(tree, files, sparse)
        root, esp = self.folder / "root.img", self.folder / "esp.img"
        tool("mke2fs", "-q", "-t", "ext4", "-L", "rootfs", "-U", ROOT_UUID, *features, "-E", "root_owner=0:0", "-d", tree, root,
             f"{self.ROOT[1] // 1024}k")
        # An ordinary user's tree belongs to the user: what an OS has belongs to root.
        commands = "".join(f"set_inode_field \"/{path.relative_to(tree)}\" {field} 0\n"
                           for path in sorted(tree.rglob("*")) for field in ("uid", "gid"))
        tool("debugfs", "-w", "-f", "-", root, input=commands)
        tool("mkfs.vfat", "-F", "32", "-i", "CAFE0001", "-n", "ESP", "-C", esp, str(self.ESP[1] // 1024))
        tool("mmd", "-i", esp, "::EFI", "::EFI/BOOT")
        tool("mcopy", "-i", esp, "-", "::EFI/BOOT/BOOTX64.EFI", input="loader")
        with open(self.raw, "wb") as disk:
            disk.truncate(size)
        tool("sgdisk", "--set-alignment=2048", "--disk-guid=12345678-0000-0000-0000-000000000001",
             f"--new=1:{self.ESP[0] // 512}:+{self.ESP[1] // MIB}M", "--typecode=1:ef00", "--change-name=1:esp",
             f"--new=2:{self.ROOT[0] // 512}:+{self.ROOT[1] // MIB}M", "--typecode=2:8304", "--change-name=2:rootfs", self.raw)
        for image, (offset, _) in ((esp, self.ESP), (root, self.ROOT)):
            tool("dd", f"if={image}", f"of={self.raw}", "bs=1M", f"seek={offset // MIB}", "conv=notrunc,sparse")
            image.unlink()
        shutil.rmtree(tree)

    def as_format(self, name, *options):
        """The same disk as qemu-img writes it."""
        path = self.folder / f"base.{name}"
        tool("qemu-img", "convert", "-f", "raw", "-O", {"vhd": "vpc", "vhd-fixed": "vpc"}.get(name, name), *options, self.raw, path)
        return path


def root_of(raw, folder):
    """The root file system of a disk as a file of its own."""
    path = folder / "root-of-result.img"
    path.unlink(missing_ok=True)
    tool("dd", f"if={raw}", f"of={path}", "bs=1M", f"skip={Disk.ROOT[0] // MIB}", f"count={Disk.ROOT[1] // MIB}", "conv=sparse")
    return path


def esp_of(raw, folder):
    """The EFI system partition of a disk as a file of its own."""
    path = folder / "esp-of-result.img"
    path.unlink(missing_ok=True)
    tool("dd", f"if={raw}", f"of={path}", "bs=1M", f"skip={Disk.ESP[0] // MIB}", f"count={Disk.ESP[1] // MIB}", "conv=sparse")
    return path


def read_fat(image, name):
    """A file's bytes, as mtools reads them."""
    copy = image.with_suffix(".file")
    copy.unlink(missing_ok=True)
    tool("mcopy", "-i", image, f"::{name}", copy)
    return copy.read_bytes()


def debugfs(image, request):
    return tool("debugfs", "-R", request, image)
