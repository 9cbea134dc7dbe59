"""Disks and packages that lie about themselves, made by other people's tools and then changed by a few bytes: one clear error
each, in bounded time, and nothing left. A test per case: `lying_input.py PROGRAM CASE`."""
import io
import re
import struct
import subprocess
import tarfile

import bad_input
from bad_input import put_root
from disks import MIB, Disk, debugfs, esp_of, root_of, tool
from packages import architecture, base_with_dpkg
from program import case, main, require

HUGE = 1 << 62


def refused(keelson, base, *texts, **how):
    """Customizing refuses it; who only looks into it refuses it too, or tells of the rest."""
    bad_input.refused(keelson, base, *texts, **how)
    for words in (("inspect", base), ("diff", base, base)):
        result = keelson.run(*words, prefix=("prlimit", "--cpu=60", "--"))
        if result.code not in (0, 1):  # a file that cannot be read differs from itself
            result.expect(3)


def patched(path, target, *changes):
    """A copy with `changes`: (offset, bytes); a negative offset counts from the end."""
    data = bytearray(path.read_bytes())
    for offset, content in changes:
        offset += len(data) if offset < 0 else 0
        data[offset:offset + len(content)] = content
    target.write_bytes(data)
    return target


def vhd_footer(path, **fields):
    """The footer with other fields, and the checksum that they call for."""
    footer = bytearray(path.read_bytes()[-512:])
    for offset, content in fields.values():
        footer[offset:offset + len(content)] = content
    footer[64:68] = bytes(4)
    footer[64:68] = struct.pack(">I", ~sum(footer) & 0xFFFFFFFF)
    return bytes(footer)


@case
def a_qcow2_whose_header_lies(keelson):
    disk = Disk(keelson.folder / "base")
    base = disk.as_format("qcow2")
    disk.raw.unlink()
    table = struct.unpack(">Q", base.read_bytes()[40:48])[0]
    lie = keelson.folder / "lie.qcow2"
    for change in (
            (20, struct.pack(">I", 63)),                # cluster bits
            (20, struct.pack(">I", 3)),
            (24, struct.pack(">Q", HUGE)),              # virtual size
            (24, struct.pack(">Q", 0)),
            (36, struct.pack(">I", 0)),                 # entries of the first table
            (40, struct.pack(">Q", HUGE & ~0xFFFF)),    # where it is
            (40, struct.pack(">Q", 0)),
            (72, struct.pack(">Q", 1 << 50)),           # features that nobody knows
            (100, struct.pack(">I", 0xFFFFFFFF)),       # its own length
            (table, struct.pack(">Q", 1 << 63 | HUGE >> 8 & ~0xFFFF)),  # a second table past the end
            (table, struct.pack(">Q", 1 << 63 | table))):               # … that is the first one
        refused(keelson, patched(base, lie, change), "lie.qcow2")


@case
def a_vhd_whose_header_lies(keelson):
    disk = Disk(keelson.folder / "base")
    dynamic, fixed = disk.as_format("vhd"), disk.as_format("vhd-fixed", "-o", "subformat=fixed,force_size=on")
    disk.raw.unlink()
    lie = keelson.folder / "lie.vhd"
    for base, fields in (
            (fixed, {"size": (48, struct.pack(">Q", HUGE))}),
            (fixed, {"size": (48, struct.pack(">Q", 0))}),
            (fixed, {"type": (60, struct.pack(">I", 9))}),
            (dynamic, {"size": (48, struct.pack(">Q", HUGE))}),
            (dynamic, {"header": (16, struct.pack(">Q", HUGE))}),
            (dynamic, {"type": (60, struct.pack(">I", 4))})):    # a difference to another one
        footer = vhd_footer(base, **fields)
        refused(keelson, patched(base, lie, (-512, footer), *(((0, footer),) if base is dynamic else ())), "lie.vhd")
    header = bytearray(dynamic.read_bytes()[512:1536])
    for offset, content in ((16, struct.pack(">Q", HUGE)), (28, struct.pack(">I", 0)),
                            (32, struct.pack(">I", 1)), (32, struct.pack(">I", 1 << 31))):  # table, entries, size of a block
        lying = bytearray(header)
        lying[offset:offset + len(content)] = content
        lying[36:40] = bytes(4)
        lying[36:40] = struct.pack(">I", ~sum(lying) & 0xFFFFFFFF)
        refused(keelson, patched(dynamic, lie, (512, bytes(lying))), "lie.vhd")
    blocks = struct.unpack(">Q", header[16:24])[0]
    refused(keelson, patched(dynamic, lie, (blocks, struct.pack(">I", 0x7FFFFFFF))), "lie.vhd")  # a block past the end


@case
def a_vhdx_whose_header_lies(keelson):
    disk = Disk(keelson.folder / "base")
    base = disk.as_format("vhdx")
    disk.raw.unlink()
    lie = keelson.folder / "lie.vhdx"
    for changes in (
            ((64 << 10, bytes(4096)), (128 << 10, bytes(4096))),          # neither header
            ((192 << 10, bytes(4096)), (256 << 10, bytes(4096))),         # neither region table
            ((192 << 10, b"regi" + b"\xff" * 60), (256 << 10, b"regi" + b"\xff" * 60))):
        refused(keelson, patched(base, lie, *changes), "lie.vhdx")


def ext4_disk(keelson, change):
    """A disk whose root, without checksums, was changed by `change(root)`."""
    disk = Disk(keelson.folder / "base", features=("-O", "^metadata_csum,^64bit"))
    root = root_of(disk.raw, keelson.folder)
    change(root)
    put_root(disk, root)
    return disk


def block_size(root):
    return int(re.search(r"Block size:\s+(\d+)", tool("dumpe2fs", "-h", root)).group(1))


def inode_of(root, path):
    """Where its inode is in the image, in bytes."""
    block, offset = re.search(r"located at block (\d+), offset 0x([0-9a-f]+)", debugfs(root, f"imap {path}")).groups()
    return int(block) * block_size(root) + int(offset, 16)


def write_at(path, offset, content):
    with open(path, "r+b") as file:
        file.seek(offset)
        file.write(content)


def extent_header(entries, depth, most=4):
    return struct.pack("<HHHHI", 0xF30A, entries, most, depth, 0)


@case
def extents_that_loop(keelson):
    def change(root):
        # The tree of the file's extents begins with a block that says of itself that it is the next one down.
        block = int(debugfs(root, "bmap /var/large/7 0"))
        index = struct.pack("<IIHH", 0, block, 0, 0)
        write_at(root, block * block_size(root), extent_header(1, 1, 340) + index)
        write_at(root, inode_of(root, "/var/large/7") + 40, extent_header(1, 2) + index)
    refused(keelson, ext4_disk(keelson, change).raw, "ext4")


@case
def extents_past_the_end(keelson):
    def change(root):
        extent = struct.pack("<IHHI", 0, 128, 0x7FFF, 0xFFFFFF00)
        write_at(root, inode_of(root, "/var/large/7") + 40, extent_header(1, 0) + extent)
    refused(keelson, ext4_disk(keelson, change).raw, "ext4")


@case
def a_file_without_end(keelson):
    def change(root):
        write_at(root, inode_of(root, "/var/large/7") + 108, struct.pack("<I", 0x7FFFFFFF))  # the upper half of its size
    refused(keelson, ext4_disk(keelson, change).raw, "ext4", "its size is 9223372032", "at most")


@case
def folders_that_hold_themselves(keelson):
    disk = ext4_disk(keelson, lambda root: tool("debugfs", "-w", "-R", "ln /var /var/large/again", root))
    refused(keelson, disk.raw, "cannot read 'ext4 folder", "it is found in more than one place", "hint: ")


@case
def a_superblock_that_lies(keelson):
    for offset, content in ((4, b"\xff" * 4), (24, struct.pack("<I", 60)), (32, bytes(4)), (40, bytes(4)), (88, struct.pack("<H", 3))):
        disk = ext4_disk(keelson, lambda root, at=offset, what=content: write_at(root, 1024 + at, what))
        refused(keelson, disk.raw, "partition 2" if offset != 88 else "")
        for path in keelson.folder.glob("base/*"):
            path.unlink()


@case
def a_fat_whose_chains_loop(keelson):
    """The clusters of a file are said to be followed by themselves, or by none that there is."""
    disk = Disk(keelson.folder / "base")
    esp = esp_of(disk.raw, keelson.folder)
    tool("mcopy", "-i", esp, "-", "::LONG", input="x" * (64 << 10))
    whole = esp.read_bytes()
    first = int(re.search(r"<(\d+)", tool("mshowfat", "-i", esp, "::LONG")).group(1))
    fat = struct.unpack_from("<H", whole, 14)[0] * 512
    size = struct.unpack_from("<I", whole, 36)[0] * 512
    for follower in (first, 0x0FFFFFF0, 0):
        changed = bytearray(whole)
        for copy in range(whole[16]):
            struct.pack_into("<I", changed, fat + copy * size + 4 * (first + 2), follower)
        write_at(disk.raw, Disk.ESP[0], bytes(changed))
        refused(keelson, disk.raw, "FAT", recipe="os: {additionalFiles: [{content: x, destination: /boot/efi/other}]}")


def deb_with(path, names):
    """A package whose archive has entries of these names; dpkg-deb would not make it."""
    control, data = io.BytesIO(), io.BytesIO()
    with tarfile.open(fileobj=control, mode="w") as archive:
        text = (f"Package: evil\nVersion: 1.0\nArchitecture: {architecture()}\nMaintainer: a <a@b.c>\nDescription: x\n").encode()
        entry = tarfile.TarInfo("./control")
        entry.size = len(text)
        archive.addfile(entry, io.BytesIO(text))
    with tarfile.open(fileobj=data, mode="w") as archive:
        for name in names:
            entry = tarfile.TarInfo(name)
            entry.size = 4
            archive.addfile(entry, io.BytesIO(b"evil"))
    members = ((b"debian-binary", b"2.0\n"), (b"control.tar", control.getvalue()), (b"data.tar", data.getvalue()))
    with open(path, "wb") as deb:
        deb.write(b"!<arch>\n")
        for name, content in members:
            deb.write(name.ljust(16) + b"0".ljust(12) + b"0".ljust(6) * 2 + b"100644".ljust(8) + str(len(content)).encode().ljust(10) + b"`\n")
            deb.write(content + b"\n" * (len(content) % 2))


@case
def a_package_whose_entries_lead_elsewhere(keelson):
    """Whatever becomes of it, the host keeps its files."""
    disk = base_with_dpkg(keelson)
    folder = keelson.folder / "debs"
    folder.mkdir()
    marker = "keelson-test-must-not-be-here"
    up = "../" * 30
    deb_with(folder / "evil.deb", [f"./{up}{marker}", f"{up}tmp/{marker}", f"./x/{up}{keelson.folder}/{marker}"])
    config, output = keelson.folder / "config.yaml", keelson.folder / "out.raw"
    config.write_text("os: {packages: {install: [evil]}}\n")
    result = keelson.run("customize", "-i", disk.raw, "-c", config, "-o", output, "--rpm-source", folder, "--disable-base-image-rpm-repos")
    found = subprocess.run(["find", "/tmp", "/root", "/home", keelson.folder, "/", "-maxdepth", "1", "-name", marker], check=False,
                           capture_output=True, text=True).stdout
    require(not found, f"it wrote into the host: {found}")
    result.expect(3, "evil")
    require(not output.exists(), "there is an output")


if __name__ == "__main__":
    main()
