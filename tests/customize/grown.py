"""Disks that were enlarged after they were partitioned: the table's second copy is not at the end. A test per case:
`grown.py PROGRAM CASE`."""
import hashlib
import json

from disks import MIB, Disk, debugfs, esp_of, root_of, tool
from program import case, main, require
from programs import program

RECIPE = "os: {hostname: changed}\n"
SECTOR = 512
GROWN = 250 * MIB + 7 * SECTOR  # no whole MiB, as cylinders give


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def customize(keelson, base, out, *options, recipe=RECIPE):
    config, output = keelson.folder / "config.yaml", keelson.folder / out
    config.write_text(recipe)
    return output, keelson.run("customize", "-i", base, "-c", config, "-o", output, *options)


def customized(keelson, *arguments, **how):
    output, result = customize(keelson, *arguments, **how)
    result.expect(0)
    return output


def verify(raw):
    require("No problems found" in tool("sgdisk", "-v", raw), f"sgdisk finds problems: {tool('sgdisk', '-v', raw)}")


def size_of(image, kind):
    return json.loads(tool("qemu-img", "info", "-f", kind, "--output=json", image))["virtual-size"]


def as_raw(keelson, image, kind):
    raw = keelson.folder / "as.raw"
    tool("qemu-img", "convert", "-f", kind, "-O", "raw", image, raw)
    return raw


def grown_disk(keelson, size=GROWN):
    disk = Disk(keelson.folder / "base")
    tool("qemu-img", "resize", "-q", "-f", "raw", disk.raw, size)
    require("Problem" in tool("sgdisk", "-v", disk.raw), "sgdisk finds nothing wrong with the base")
    return disk


@case
def the_second_copy_is_put_at_the_end(keelson):
    disk = grown_disk(keelson)
    with open(disk.raw, "r+b") as raw:
        raw.write(b"boot code of a BIOS".ljust(440, b"\x90") + b"SIGN")
    before = digest(disk.raw)
    output = customized(keelson, disk.raw, "out.raw")
    require(digest(disk.raw) == before, "the base was changed")
    verify(output)
    require(digest(customized(keelson, disk.raw, "again.raw")) == digest(output), "the same again gives other bytes")
    require(output.stat().st_size == GROWN, "the disk has another size")
    root = root_of(output, keelson.folder)
    tool("e2fsck", "-fn", root)
    require(debugfs(root, "cat /etc/hostname") == "changed\n", "the host name is not set")
    with open(output, "rb") as result:
        require(result.read(444) == b"boot code of a BIOS".ljust(440, b"\x90") + b"SIGN", "the boot code is gone")
    # sgdisk does the same with the base; only what it says in cylinders is its own.
    tool("sgdisk", "-e", disk.raw)
    theirs, ours = disk.raw.read_bytes(), output.read_bytes()
    root_end = sum(Disk.ROOT)
    require(theirs[SECTOR:Disk.ROOT[0]] == ours[SECTOR:Disk.ROOT[0]], "the table or the ESP differs from sgdisk's")
    require(theirs[root_end:] == ours[root_end:], "the second copy differs from sgdisk's")


@case
def every_format_that_grew_is_taken(keelson):
    disk = grown_disk(keelson)
    expected = digest(customized(keelson, disk.raw, "expected.raw"))
    for name in ("qcow2", "vhdx"):
        output = customized(keelson, disk.as_format(name), f"of-{name}.raw", "--output-image-format", "raw")
        require(digest(output) == expected, f"the disk of {name} differs")
    qcow2 = customized(keelson, disk.as_format("qcow2"), "same.qcow2")
    require(digest(as_raw(keelson, qcow2, "qcow2")) == expected, "written as qcow2 it differs")


@case
def a_vhd_with_a_size_in_cylinders_is_taken(keelson):
    """qemu-img rounds a VHD's size up to cylinders, heads and sectors. Azure asks for whole MiB."""
    disk = Disk(keelson.folder / "base")
    for name, options in (("vhd", ()), ("vhd-fixed", ("-o", "subformat=fixed"))):
        base = disk.as_format(name, *options)
        size = size_of(base, "vpc")
        require(size > disk.raw.stat().st_size and size % MIB != 0, f"qemu-img made it {size} bytes large")
        raw = customized(keelson, base, f"of-{name}.raw", "--output-image-format", "raw")
        require(raw.stat().st_size == size, "the disk has another size")
        verify(raw)
        same = customized(keelson, base, f"same-{name}.vhd")
        verify(as_raw(keelson, same, "vpc"))
        azure = customized(keelson, base, f"azure-{name}.vhd", "--output-image-format", "vhd-fixed")
        whole = -(-size // MIB) * MIB
        require(azure.stat().st_size == whole + SECTOR, f"it is {azure.stat().st_size} bytes large")
        with open(azure, "r+b") as file:
            file.truncate(whole)  # without its footer it is the disk
        verify(azure)
        tool("e2fsck", "-fn", root_of(azure, keelson.folder))


@case
def new_identifiers_and_injected_files_put_it_at_the_end_too(keelson):
    disk = grown_disk(keelson)
    recipe = "storage: {resetPartitionsUuidsType: reset-all}\nos: {bootloader: {resetType: hard-reset}}\n"
    entries = "title Debian\nlinux /boot/vmlinuz-6.12\noptions root=UUID=11111111-2222-3333-4444-555555555555\n"
    other = Disk(keelson.folder / "other", files={"boot/grub/grub.cfg": None, "boot/loader/entries/debian.conf": entries})
    tool("qemu-img", "resize", "-q", "-f", "raw", other.raw, GROWN)
    verify(customized(keelson, other.raw, "new.raw", recipe=recipe))
    (keelson.folder / "small.efi").write_bytes(program())
    document = keelson.folder / "inject.json"
    document.write_text(json.dumps({"previewFeatures": ["inject-files"], "injectFiles": [
        {"partition": {"idType": "part-label", "id": "esp"}, "destination": "/EFI/small.efi", "source": "small.efi"}]}))
    for options, size in (((), GROWN), (("--output-image-format", "vhd-fixed"), 251 * MIB)):
        output = keelson.folder / "injected"
        keelson.run("inject-files", "-i", disk.raw, "-c", document, "-o", output, *options).expect(0)
        with open(output, "r+b") as file:
            file.truncate(size)
        verify(output)
        require("SMALL" in tool("mdir", "-b", "-i", esp_of(output, keelson.folder), "::EFI").upper(), "the file is not there")


@case
def what_is_shorter_or_broken_is_refused(keelson):
    disk = grown_disk(keelson)
    whole = disk.raw.read_bytes()

    def refused(content, *texts):
        disk.raw.write_bytes(content)
        output, result = customize(keelson, disk.raw, "out.raw")
        result.expect(3, "reading the partition table", *texts)
        require(not output.exists(), "there is an output")

    short = 192 * MIB - SECTOR
    refused(whole[:short], "cannot use 'GPT': the disk ends at block 393214, and its table says that it has a block 393215",
            "hint: a part of the disk is missing: copy it again")
    second = 192 * MIB - SECTOR + 40
    refused(whole[:second] + b"\xff" + whole[second + 1:], "while reading the backup partition table")
    refused(whole[:second - 40] + bytes(SECTOR) + whole[second - 40 + SECTOR:], "while reading the backup partition table")
    # A broken first copy is never mended silently. Where the second one is good, the hint says so, and sgdisk can.
    first = SECTOR + 40
    broken = whole[:first] + b"\xff" + whole[first + 1:]
    refused(broken, "while reading the primary partition table")
    refused(broken[:192 * MIB], "while reading the primary partition table", "hint: its backup is good: ")
    tool("sgdisk", "-e", disk.raw)
    verify(customized(keelson, disk.raw, "mended.raw"))


main()
