"""`keelson customize` given what it can't take: one clear error, the exit code that fits, and nothing left. A test per
case: `bad_input.py PROGRAM CASE`."""
import random
import struct

from disks import MIB, Disk, root_of, tool
from program import case, main, require

RECIPE = "os: {hostname: changed.example}\n"


def refused(keelson, base, *texts, recipe=RECIPE, code=3, options=()):
    """Runs it on a base, and looks at the error and at what is left."""
    config, output = keelson.folder / "config.yaml", keelson.folder / "out.raw"
    config.write_text(recipe)
    before = {path: path.stat().st_mtime_ns for path in keelson.folder.rglob("*") if keelson.cache not in path.parents}
    result = keelson.run("customize", "-i", base, "-c", config, "-o", output, "--output-image-format", "raw", *options)
    result.expect(code, *texts)
    require("internal" not in result.err.lower(), f"it is called our own bug: {result.err}")
    after = {path for path in keelson.folder.rglob("*") if keelson.cache not in path.parents} - {keelson.cache}
    require(after == set(before) - {keelson.cache}, f"it left {after - set(before)}")
    require(all(path == keelson.folder or path.stat().st_mtime_ns == time for path, time in before.items()
                if path.exists() and path != keelson.cache), "an input was changed")


def put_root(disk, root):
    tool("dd", f"if={root}", f"of={disk.raw}", "bs=1M", f"seek={Disk.ROOT[0] // MIB}", "conv=notrunc")


@case
def a_disk_with_two_systems(keelson):
    disk = Disk(keelson.folder / "base", size=350 * MIB)
    root = root_of(disk.raw, keelson.folder)
    tool("sgdisk", "-e", f"--new=3:{191 * MIB // 512}:+{Disk.ROOT[1] // MIB}M", disk.raw)
    tool("dd", f"if={root}", f"of={disk.raw}", "bs=1M", "seek=191", "conv=notrunc,sparse")
    refused(keelson, disk.raw, "partitions 2 and 3 all hold one", "hint: ")


@case
def an_encrypted_root(keelson):
    disk = Disk(keelson.folder / "base")
    with open(disk.raw, "r+b") as raw:
        raw.seek(Disk.ROOT[0])
        raw.write(b"LUKS\xba\xbe\x00\x02".ljust(MIB, b"\0"))
    refused(keelson, disk.raw, "2: crypto_LUKS", "hint: the image is encrypted")


@case
def etc_that_is_a_symlink_to_the_root(keelson):
    """Its /etc is /: what the recipe writes is in the image's root, or nowhere; never in the host's."""
    disk = Disk(keelson.folder / "base", files={name: None for name in (
        "etc/os-release", "etc/passwd", "etc/shadow", "etc/group", "etc/gshadow", "etc/hostname", "etc/fstab", "etc/default/grub")})
    root = root_of(disk.raw, keelson.folder)
    tool("debugfs", "-w", "-f", "-", root, input="symlink /etc /\n")
    put_root(disk, root)
    marker = "keelson-test-must-not-be-here"
    refused(keelson, disk.raw, "cannot find the OS",
            recipe=f'os: {{additionalFiles: [{{content: x, destination: /etc/{marker}}}]}}')


@case
def a_table_of_partitions_that_is_no_gpt(keelson):
    base = keelson.folder / "base.raw"
    sector = bytearray(512)
    sector[446:462] = struct.pack("<B3sB3sII", 0x80, b"\0\2\0", 0x83, b"\xff\xff\xff", 2048, 100 * 2048)
    sector[510:] = b"\x55\xaa"
    with open(base, "wb") as disk:
        disk.write(sector)
        disk.truncate(128 * MIB)
    refused(keelson, base, "base.raw")


@case
def packages_for_an_unknown_distribution(keelson):
    disk = Disk(keelson.folder / "base", files={"etc/os-release": "ID=plan9\nPRETTY_NAME='Plan 9'\n"})
    refused(keelson, disk.raw, "hint: ", recipe="os: {packages: {install: [hello]}}")


@case
def a_file_that_is_larger_than_the_free_space(keelson):
    disk = Disk(keelson.folder / "base")
    (keelson.folder / "large").write_bytes(random.Random(1).randbytes(160 * MIB))
    refused(keelson, disk.raw, "error: ", recipe="os: {additionalFiles: [{source: large, destination: /large}]}")


@case
def paths_that_lead_out_of_the_recipes_folder(keelson):
    disk = Disk(keelson.folder / "base")
    for recipe in ("os: {additionalFiles: [{content: x, destination: /etc/../../x}]}",
                   "scripts: {postCustomization: [{path: ../outside.sh}]}"):
        refused(keelson, disk.raw, "'..'", recipe=recipe)


@case
def a_source_that_is_not_there(keelson):
    disk = Disk(keelson.folder / "base")
    refused(keelson, disk.raw, "../nothing", code=4,
            recipe="os: {additionalFiles: [{source: ../nothing-of-this-name, destination: /x}]}")


@case
def a_difference_to_another_image(keelson):
    disk = Disk(keelson.folder / "base")
    child = keelson.folder / "child.qcow2"
    tool("qemu-img", "create", "-q", "-f", "qcow2", "-b", disk.raw, "-F", "raw", child)
    refused(keelson, child, "difference to a backing file", "hint: make it whole first")


@case
def files_that_are_no_image(keelson):
    base = keelson.folder / "base.raw"
    for content in (b"", random.Random(2).randbytes(100), b"\0" * 4096, b"QFI\xfb", b"vhdxfile"):
        base.write_bytes(content)
        refused(keelson, base, "base.raw")


main()
