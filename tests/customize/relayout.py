"""`keelson customize` with a new layout or new identifiers of the disk. A test per case: `relayout.py PROGRAM CASE`."""
import hashlib
import json
import pathlib
import re
import struct

from disks import MIB, ROOT_UUID, Disk, debugfs, tool
from program import case, main, require

CORPUS = pathlib.Path(__file__).resolve().parent.parent / "fuzz/corpus/btrfs"
ENTRIES = {
    "boot/grub/grub.cfg": None,
    "etc/default/grub": None,
    "boot/efi/loader/entries/debian.conf": None,
    "boot/loader/entries/debian.conf": f"title Debian\nlinux /vmlinuz\noptions root=UUID={ROOT_UUID} ro quiet console=ttyS0\n",
    "etc/kernel/cmdline": f"root=UUID={ROOT_UUID} ro quiet\n",
    "home/alice/diary": "dear diary\n",
    "var/log/messages": "a line\n",
    "etc/fstab": f"UUID={ROOT_UUID} / ext4 errors=remount-ro 0 1\nUUID=CAFE-0001 /boot/efi vfat umask=0077 0 1\n"
                 "tmpfs /tmp tmpfs nosuid 0 0\n",
}
LAYOUT = """
storage:
  bootType: efi
  disks:
    - partitionTableType: gpt
      maxSize: 512M
      partitions:
        - {id: esp, type: esp, size: 40M}
        - {id: root, type: root, label: system, size: 200M}
        - {id: var, type: var, size: grow}
  filesystems:
    - {deviceId: esp, type: fat32, mountPoint: {path: /boot/efi, options: umask=0077}}
    - {deviceId: root, type: ext4, mountPoint: {path: /, idType: uuid}}
    - {deviceId: var, type: ext4, mountPoint: {path: /var, idType: part-uuid, options: noatime}}
os:
  bootloader: {resetType: hard-reset}
  hostname: moved
"""
RESET = """
storage: {resetPartitionsUuidsType: reset-all}
os: {bootloader: {resetType: hard-reset}}
"""


def customize(keelson, base, recipe, name="out.raw"):
    config = keelson.folder / "config.yaml"
    config.write_text(recipe)
    output = keelson.folder / name
    return output, keelson.run("customize", "--image-file", base, "--config-file", config, "--output-image-file", output)


def customized(keelson, base, recipe, name="out.raw"):
    output, result = customize(keelson, base, recipe, name)
    result.expect(0)
    return output


def partitions(disk):
    """As sfdisk sees them, in order."""
    verdict = tool("sgdisk", "-v", disk)
    require("No problems found" in verdict, f"sgdisk finds problems: {verdict}")
    return json.loads(tool("sfdisk", "--json", disk))["partitiontable"]["partitions"]


def content(disk, partition, name):
    """A partition as a file of its own."""
    path = disk.with_name(name)
    path.unlink(missing_ok=True)
    tool("dd", f"if={disk}", f"of={path}", "bs=1M", f"skip={partition['start'] * 512 // MIB}",
         f"count={partition['size'] * 512 // MIB}", "conv=sparse")
    return path


def blkid(path, tag):
    return tool("blkid", "-p", "-o", "value", "-s", tag, path).strip()


def fstab_of(root):
    """The lines of fstab, found by how it begins: no tool reads files of an XFS that is not mounted."""
    text = root.read_bytes()
    begin = text.index(b"PARTUUID=")
    return text[begin:text.index(b"\0", begin)].decode().splitlines()


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


@case
def a_new_layout_holds_the_system(keelson):
    disk = Disk(keelson.folder / "base", files=ENTRIES)
    before = digest(disk.raw)
    output = customized(keelson, disk.raw, LAYOUT)
    require(digest(disk.raw) == before, "the base was changed")
    require(output.stat().st_size == 512 * MIB, "the disk has another size")
    esp, root, var = (content(output, part, name) for part, name in zip(partitions(output), ("esp", "root", "var")))
    for image in (root, var):
        tool("e2fsck", "-fn", image)
    tool("fsck.vfat", "-n", esp)
    require(tool("mtype", "-i", esp, "::EFI/BOOT/BOOTX64.EFI") == "loader", "the boot loader is not on the ESP")
    require(debugfs(root, "cat /home/alice/diary") == "dear diary\n", "home is not on the root")
    require(debugfs(var, "cat /log/messages") == "a line\n", "/var/log is not on its own partition")
    require(debugfs(var, "cat /large/7") == "\x08" * (512 * 1024), "a file is not the same")
    require("messages" not in debugfs(root, "ls /var"), "/var is on the root too")
    fstab = debugfs(root, "cat /etc/fstab").splitlines()
    require(f"UUID={blkid(root, 'UUID')} / ext4 defaults 0 1" in fstab, f"the root is not in fstab: {fstab}")
    require(f"PARTUUID={partitions(output)[2]['uuid'].lower()} /var ext4 noatime 0 2" in fstab, f"/var is not in fstab: {fstab}")
    require("tmpfs /tmp tmpfs nosuid 0 0" in fstab, f"what names no disk is gone from fstab: {fstab}")
    require(not any(ROOT_UUID in line for line in fstab), f"the old root is in fstab: {fstab}")
    entry = debugfs(root, "cat /boot/loader/entries/debian.conf")
    require(f"options root=UUID={blkid(root, 'UUID')} ro console=ttyS0\n" in entry, f"the boot entry is wrong: {entry}")


@case
def a_new_layout_again_gives_the_same_bytes(keelson):
    disk = Disk(keelson.folder / "base", files=ENTRIES)
    first, second = (customized(keelson, disk.raw, LAYOUT, name) for name in ("first.raw", "second.raw"))
    require(digest(first) == digest(second), "two runs differ")


@case
def xfs_and_btrfs_with_subvolumes_hold_the_system_too(keelson):
    disk = Disk(keelson.folder / "base", files=ENTRIES)
    recipe = """
previewFeatures: [btrfs]
storage:
  bootType: efi
  disks:
    - maxSize: 1200M
      partitions:
        - {id: esp, type: esp, size: 32M}
        - {id: root, type: root, size: 400M}
        - {id: data, size: grow}
  filesystems:
    - {deviceId: esp, type: fat32, mountPoint: /boot/efi}
    - {deviceId: root, type: xfs, mountPoint: /}
    - deviceId: data
      type: btrfs
      btrfs:
        subvolumes:
          - {path: home, mountPoint: /home, quota: {referencedLimit: 100M}}
          - {path: state, mountPoint: {path: /var, options: noatime}}
          - {path: state/log, mountPoint: /var/log}
          - {path: snapshots}
os:
  bootloader: {resetType: hard-reset}
"""
    output = customized(keelson, disk.raw, recipe)
    esp, root, data = (content(output, part, name) for part, name in zip(partitions(output), ("esp", "root", "data")))
    tool("fsck.vfat", "-n", esp)
    tool("xfs_repair", "-n", "-f", root)
    tool("btrfs", "check", "--readonly", "--check-data-csum", data)
    fstab = fstab_of(root)
    require(f"PARTUUID={partitions(output)[1]['uuid'].lower()} / xfs defaults 0 0" in fstab, f"the root is not in fstab: {fstab}")
    device = f"PARTUUID={partitions(output)[2]['uuid'].lower()}"
    for line in (f"{device} /home btrfs defaults,subvol=/home 0 0", f"{device} /var btrfs noatime,subvol=/state 0 0",
                 f"{device} /var/log btrfs defaults,subvol=/state/log 0 0"):
        require(line in fstab, f"{line} is not in fstab: {fstab}")
    restored = keelson.folder / "restored"
    restored.mkdir()
    # Subvolumes are numbered from 256 on, in the recipe's order.
    for number, path, text in ((256, "alice/diary", "dear diary\n"), (258, "messages", "a line\n")):
        tool("btrfs", "restore", "-r", str(number), data, restored)
        require((restored / path).read_text() == text, f"{path} is not in its subvolume")
    again = customized(keelson, disk.raw, recipe, "again.raw")
    require(digest(again) == digest(output), "two runs differ")
    # What was written can be changed again, its root being xfs and more of it btrfs.
    third = customized(keelson, output, "os: {hostname: third, additionalFiles: [{content: more, destination: /home/alice/more}]}", "third.raw")
    for part, name, check in zip(partitions(third), ("esp", "root", "data"),
                                 (("fsck.vfat", "-n"), ("xfs_repair", "-n", "-f"), ("btrfs", "check", "--readonly"))):
        tool(*check, content(third, part, name))


@case
def a_btrfs_without_subvolumes_is_changed_where_it_is_mounted(keelson):
    disk = Disk(keelson.folder / "base", files=ENTRIES)
    recipe = """
previewFeatures: [btrfs]
storage:
  bootType: efi
  disks:
    - maxSize: 1200M
      partitions:
        - {id: esp, type: esp, size: 32M}
        - {id: root, type: root, size: 400M}
        - {id: data, size: grow}
  filesystems:
    - {deviceId: esp, type: fat32, mountPoint: /boot/efi}
    - {deviceId: root, type: ext4, mountPoint: /}
    - {deviceId: data, type: btrfs, mountPoint: /home}
os:
  bootloader: {resetType: hard-reset}
"""
    laid_out = customized(keelson, disk.raw, recipe)
    changed = customized(keelson, laid_out, "os: {additionalFiles: [{content: more, destination: /home/alice/more}]}", "changed.raw")
    data = content(changed, partitions(changed)[2], "data")
    tool("btrfs", "check", "--readonly", "--check-data-csum", data)
    restored = keelson.folder / "restored"
    restored.mkdir()
    tool("btrfs", "restore", data, restored)
    found = {str(path.relative_to(restored)): path.read_text() for path in restored.rglob("*") if path.is_file()}
    require(found == {"alice/diary": "dear diary\n", "alice/more": "more"}, f"the file system holds {found}")


@case
def a_btrfs_whose_default_subvolume_is_mounted_is_refused(keelson):
    """One that Linux made, of the fuzz target's corpus: sectors, each run of them with its place."""
    packed = (CORPUS / "subvolumes").read_bytes()
    offset, size = 193 * MIB, 116 * MIB
    fstab = f"UUID={ROOT_UUID} / ext4 defaults 0 1\nPARTLABEL=data /srv btrfs defaults 0 0\n"
    disk = Disk(keelson.folder / "base", files={"etc/fstab": fstab, "srv/keep": ""}, size=320 * MIB)
    tool("sgdisk", "--set-alignment=2048", f"--new=3:{offset // 512}:+{size // MIB}M", "--change-name=3:data", disk.raw)
    with open(disk.raw, "r+b") as raw:
        at = 4
        while at < len(packed):
            first, count = struct.unpack_from("<IH", packed, at)
            raw.seek(offset + first * 512)
            raw.write(packed[at + 6:at + 6 + count * 512])
            at += 6 + count * 512
    output, result = customize(keelson, disk.raw, "os: {additionalFiles: [{content: more, destination: /srv/more}]}")
    result.expect(3, "cannot change the btrfs mounted at '/srv': it is its default subvolume", "hint: ")
    require(not output.exists(), "an output is there")


@case
def a_disk_without_a_size_ends_behind_its_last_partition(keelson):
    disk = Disk(keelson.folder / "base", files=ENTRIES)
    recipe = LAYOUT.replace("      maxSize: 512M\n", "").replace("size: grow", "size: 90M")
    output = customized(keelson, disk.raw, recipe)
    require([part["size"] * 512 // MIB for part in partitions(output)] == [40, 200, 90], "a partition has another size")
    require(output.stat().st_size == (1 + 40 + 200 + 90 + 1) * MIB, "the disk has another size")


@case
def a_partition_that_is_too_small_is_refused(keelson):
    disk = Disk(keelson.folder / "base", files=ENTRIES)
    output, result = customize(keelson, disk.raw, LAYOUT.replace("maxSize: 512M", "maxSize: 250M"))
    result.expect(3, "partition 'var'")
    require(not output.exists(), "there is an output")


@case
def a_base_without_a_boot_loader_to_reset_is_refused(keelson):
    disk = Disk(keelson.folder / "base", files={"boot/grub/grub.cfg": None})
    customize(keelson, disk.raw, LAYOUT)[1].expect(3, "cannot reset the boot loader", "hint: ")


@case
def all_identifiers_are_new_and_name_each_other(keelson):
    disk = Disk(keelson.folder / "base", files=ENTRIES)
    output = customized(keelson, disk.raw, RESET)
    old, new = partitions(disk.raw), partitions(output)
    require([(p["start"], p["size"], p["type"], p.get("name")) for p in old] == [(p["start"], p["size"], p["type"], p.get("name")) for p in new],
            "the layout has changed")
    require(not {p["uuid"] for p in old} & {p["uuid"] for p in new}, "a partition kept its UUID")
    esp, root = (content(output, part, name) for part, name in zip(new, ("esp", "root")))
    tool("e2fsck", "-fn", root)
    require(blkid(root, "UUID") != ROOT_UUID and blkid(esp, "UUID") != "CAFE-0001", "a file system kept its UUID")
    fstab = debugfs(root, "cat /etc/fstab")
    require(f"UUID={blkid(root, 'UUID')} / ext4" in fstab and f"UUID={blkid(esp, 'UUID')} /boot/efi" in fstab, f"fstab: {fstab}")
    entry = debugfs(root, "cat /boot/loader/entries/debian.conf")
    require(f"root=UUID={blkid(root, 'UUID')} ro" in entry, f"the boot entry is wrong: {entry}")
    identifier = re.compile(r"Disk identifier \(GUID\): (\S+)")
    names = [identifier.search(tool("sgdisk", "-p", path)).group(1) for path in (disk.raw, output)]
    require(names[0] != names[1], "the disk kept its UUID")


@case
def identifiers_of_two_recipes_differ(keelson):
    disk = Disk(keelson.folder / "base", files=ENTRIES)
    one = customized(keelson, disk.raw, RESET, "one.raw")
    two = customized(keelson, disk.raw, RESET + "# another machine\n", "two.raw")
    require({p["uuid"] for p in partitions(one)} & {p["uuid"] for p in partitions(two)} == set(), "they are the same")


main()
