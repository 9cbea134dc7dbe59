"""`keelson inspect` on disks with an MBR, or without a partition table. A test per case: `disks_without_gpt.py PROGRAM CASE`."""
import json
import shutil
import struct

from disks import MIB, ROOT_UUID, make_tree, tool
from program import case, main, require

SECTOR = 512
FSTAB = "PARTUUID=1234abcd-05 / ext4 ro 0 1\nPARTUUID=1234abcd-01 /boot/efi vfat umask=0077 0 1\n"


def facts_of(keelson, image, *options):
    return json.loads(keelson.run("inspect", image, "--json", *options).expect(0).out)


def root_file(keelson, files=None, kind="ext4"):
    tree, root = keelson.folder / f"tree-{kind}", keelson.folder / f"root-{kind}.img"
    make_tree(tree, {"etc/os-release": 'ID=debian\nPRETTY_NAME="A disk"\n', **(files or {})})
    shutil.rmtree(tree / "var/large")
    if kind == "ext4":
        tool("mke2fs", "-q", "-t", "ext4", "-L", "rootfs", "-U", ROOT_UUID, "-d", tree, root, "24M")
    elif kind == "btrfs":
        with open(root, "wb") as file:
            file.truncate(128 * MIB)
        tool("mkfs.btrfs", "-q", "-U", ROOT_UUID, "-r", tree, root)
    elif kind == "erofs":
        tool("mkfs.erofs", "-U", ROOT_UUID, root, tree)
    return root


def mbr_disk(keelson):
    """An ESP, and an ext4 root as a logical partition."""
    root = root_file(keelson, {"etc/fstab": FSTAB})
    esp = keelson.folder / "esp.img"
    tool("mkfs.vfat", "-i", "CAFE0001", "-C", esp, str(8 * 1024))
    tool("mmd", "-i", esp, "::EFI", "::loader")
    tool("mcopy", "-i", esp, "-", "::loader/loader.conf", input="timeout 3\n")
    disk = keelson.folder / "disk.raw"
    with open(disk, "wb") as file:
        file.truncate(64 * MIB)
    tool("sfdisk", "-q", disk, input="label: dos\nlabel-id: 0x1234abcd\nstart=2048, size=16384, type=ef\n"
                                     "start=18432, size=100000, type=5\nstart=20480, size=49152, type=83\nstart=73728, size=8192, type=82\n")
    with open(disk, "r+b") as file:
        for sector, content in ((2048, esp), (20480, root)):
            file.seek(sector * SECTOR)
            file.write(content.read_bytes())
    return disk


@case
def a_disk_with_an_mbr_is_read_and_not_changed(keelson):
    disk = mbr_disk(keelson)
    before = disk.read_bytes()
    facts = facts_of(keelson, disk, "--digests")
    require(facts["os"]["name"] == "A disk", facts["os"])
    told = facts["disk"]
    require(told["table"] == "mbr" and told["uuid"] == "1234abcd", told)
    require([(p["number"], p.get("type"), p["typeCode"], p["uuid"], p.get("content")) for p in told["partitions"]] ==
            [(1, "esp", "0xef", "1234abcd-01", "vfat"), (5, "linux-generic", "0x83", "1234abcd-05", "ext4"),
             (6, "swap", "0x82", "1234abcd-06", None)], told["partitions"])
    require(all("sha256" in p and "typeUuid" not in p for p in told["partitions"]), told["partitions"])
    for form in ("qcow2", "vhdx"):
        image = keelson.folder / f"disk.{form}"
        tool("qemu-img", "convert", "-O", form, disk, image)
        other = facts_of(keelson, image)
        require(other["disk"]["partitions"] == [{k: v for k, v in p.items() if k != "sha256"} for p in told["partitions"]], other["disk"])
    recipe = keelson.folder / "recipe.yaml"
    recipe.write_text("os:\n  hostname: x\n")
    keelson.run("customize", "--image-file", disk, "--config-file", recipe, "--output-image-file", keelson.folder / "out.raw").expect(3, "a hybrid or plain MBR")
    require(disk.read_bytes() == before, "the disk was changed")


@case
def a_file_system_without_a_table_is_read(keelson):
    for kind in ("ext4", "btrfs", "erofs"):
        if kind != "ext4" and shutil.which(f"mkfs.{kind}") is None:
            continue
        root = root_file(keelson, kind=kind)
        facts = facts_of(keelson, root)
        require(facts["os"]["name"] == "A disk", facts["os"])
        require(facts["disk"]["table"] == "none" and "uuid" not in facts["disk"], facts["disk"])
        require([(p["number"], p["content"], p["offset"], p["fileSystem"]["uuid"]) for p in facts["disk"]["partitions"]] ==
                [(1, kind, 0, ROOT_UUID)], facts["disk"])
        keelson.run("inspect", root).expect(0)
    for form in ("qcow2", "vhdx"):
        image = keelson.folder / f"root.{form}"
        tool("qemu-img", "convert", "-O", form, keelson.folder / "root-ext4.img", image)
        require(facts_of(keelson, image)["os"]["name"] == "A disk", form)
    fat = keelson.folder / "fat.img"
    tool("mkfs.vfat", "-C", fat, "8192")
    keelson.run("inspect", fat).expect(3, "no partition holds a root file system (1: vfat)")


@case
def tables_that_lie_are_refused(keelson):
    def table(*records):
        sector = bytearray(SECTOR)
        for number, record in enumerate(records):
            struct.pack_into("<B3xB3xII", sector, 446 + 16 * number, *record)
        return bytes(sector[:510]) + b"\x55\xaa"

    def disk(sectors):
        file = keelson.folder / "disk.raw"
        with open(file, "wb") as out:
            out.truncate(4 * MIB)
            for sector, content in sectors.items():
                out.seek(sector * SECTOR)
                out.write(content)
        return file

    loop = {0: table((0, 5, 100, 2000)), 100: table((0, 0x83, 1, 50), (0, 5, 200, 100)), 300: table((0, 0x83, 1, 50), (0, 5, 200, 100))}
    keelson.run("inspect", disk(loop), timeout=30).expect(3, "its chain of logical partitions leads back into itself")
    keelson.run("inspect", disk({0: table((0, 0x83, 100, 200), (0, 0x83, 150, 200))})).expect(3, "partitions 1 and 2 overlap")
    keelson.run("inspect", disk({0: table((0, 0x83, 100, 20000))})).expect(3, "partition 1 reaches out of the disk")
    keelson.run("inspect", disk({0: table((0, 0x83, 100, 200))})).expect(3, "no partition holds a root file system (1: unknown)")
    keelson.run("inspect", disk({0: table((0, 0xee, 1, 8191), (0, 0x83, 100, 200))})).expect(3, "a hybrid or plain MBR")


main()
