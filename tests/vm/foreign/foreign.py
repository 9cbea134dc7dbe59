"""`keelson customize` on disks that other people's tools made, and a boot of the result, which proves everything at once.
A test per case: `foreign.py PROGRAM CASE`. The disks are made once, into the cache that tests share.
"""
import dataclasses
import json
import pathlib
import re

from foreign_base import ForeignBases
from foreign_tree import ToolFailed
from host_mirror import NoMirror
from machines_that_boot import facts_of, need, output_of
from program import Skip, case, main, require
from real_packages import RealPackages, digest, folder

HERE = pathlib.Path(__file__).resolve().parent
ESP = "C12A7328-F81F-11D2-BA4B-00A0C93EC93B"


@dataclasses.dataclass
class Expected:
    """What must be true of the result; `mounts` of the running machine."""
    mounts: dict
    firmware: str = "uefi"
    disk: str = "nvme"


def base_disk(name):
    if reason := ForeignBases.obstacle(name):
        raise Skip(reason)
    try:
        return ForeignBases(folder() / "foreign").disk(name)
    except NoMirror as reason:
        raise Skip(str(reason)) from None
    except ToolFailed as reason:
        if re.search(r"(Could not|Temporary failure) resolv|Failed to fetch|Unable to connect|Could not connect", str(reason)):
            raise Skip(f"the host's mirror cannot be used: {str(reason).splitlines()[-1]}") from None
        raise


def as_recipe(keelson, expected, recipe, more):
    """The recipe, `more` of its `os`, and what prove.sh must find mounted; returns its path."""
    mounts = "\\n".join(f"{where} {kind}" for where, kind in expected.mounts.items())
    path = keelson.folder / "recipe.yaml"
    path.write_text(f"previewFeatures: [base-configs]\nbaseConfigs: [{{path: {HERE / recipe}}}]\n"
                    f'os: {{additionalFiles: [{{destination: /etc/expected, content: "{mounts}\\n"}}]{more}}}\n')
    return path


def partitions(raw):
    return json.loads(output_of("sfdisk", "--json", raw))["partitiontable"]["partitions"]


def check_disk(keelson, image, base, *, same_places):
    """With other people's tools, from outside: the table, the file systems, what stayed."""
    need("sgdisk", "sfdisk", "qemu-img", "e2fsck", "mdir")
    raw = keelson.folder / "result.raw"
    output_of("qemu-img", "convert", "-O", "raw", image, raw)
    said = output_of("sgdisk", "-v", raw).decode()
    require("No problems found" in said, said)
    found, before = partitions(raw), partitions(base)
    if same_places:
        def places(table):
            return [(p["start"], p["size"], p["type"], p["uuid"]) for p in table]
        require(places(found) == places(before), f"partitions were {before} and are {found}")
    for partition in found:
        start = partition["start"] * 512
        with open(raw, "rb") as file:
            file.seek(start + 1024 + 0x38)
            if file.read(2) == b"\x53\xef":  # the magic number of ext4's superblock
                output_of("e2fsck", "-fn", f"{raw}?offset={start}")
        if partition["type"] == ESP:
            output_of("mdir", "-i", f"{raw}@@{start}", "::/EFI/BOOT/BOOTX64.EFI")
    raw.unlink()


def changed_image_boots(keelson, name, expected, *, output="qcow2", recipe="changes.yaml", more=""):
    base = base_disk(name)
    cache = folder()
    config, image = as_recipe(keelson, expected, recipe, more), keelson.folder / f"changed.{output}"
    before = digest(base)
    RealPackages.require_mirror(keelson.run("customize", "--image-file", base, "--config-file", config, "--output-image-file", image,
                                            "--output-image-format", output, cache=cache))
    require(digest(base) == before, "the base was changed")
    check_disk(keelson, image, base, same_places=recipe == "changes.yaml")
    facts = facts_of(keelson, image, "--firmware", expected.firmware, "--disk", expected.disk, cache=cache)
    console = (keelson.folder / "console").read_text(errors="replace")
    said = "\n".join(line for line in console.splitlines() if "prove: " in line)
    require("prove: everything is as the recipe says" in said, f"inside:\n{said}\nfailed: {facts['system']['failedUnits']}")
    require(not facts["system"]["failedUnits"], f"units failed: {facts['system']['failedUnits']}")
    require(facts["machine"]["imageFormat"] == output, f"the machine was {facts['machine']}")


# ---- where nothing moves --------------------------------------------------------------------------------------------


@case
def grub_on_uefi_goes_on_working(keelson):
    changed_image_boots(keelson, "grub-efi", Expected({"/": "ext4", "/boot/efi": "vfat"}, disk="virtio-scsi"), output="vhdx")


@case
def grub_on_bios_goes_on_working(keelson):
    changed_image_boots(keelson, "grub-bios", Expected({"/": "ext4"}, firmware="bios"))


@case
def new_identifiers_boot_by_bios(keelson):
    changed_image_boots(keelson, "grub-bios", Expected({"/": "ext4"}, firmware="bios"), recipe="new-identifiers.yaml")


@case
def systemd_boot_goes_on_working(keelson):
    changed_image_boots(keelson, "systemd-boot", Expected({"/": "ext4", "/boot/efi": "vfat"}))


@case
def an_overlay_of_the_initrd_is_there_when_the_system_starts(keelson):
    """By initramfs-tools, which knows no such overlays; systemd-boot starts a copy of the initrd. Only there the overlay's
    folders have the names that its line in fstab says."""
    more = (", kernelCommandLine: {extraCommandLine: [rw]}, overlays: [{mountPoint: /etc, lowerDirs: [/etc], isInitrdOverlay: true, "
            "upperDir: /overlays/etc/upper, workDir: /overlays/etc/work}]")
    changed_image_boots(keelson, "systemd-boot", Expected({"/": "ext4", "/boot/efi": "vfat", "/etc": "overlay"}), more=more)


@case
def a_root_on_xfs_is_changed(keelson):
    changed_image_boots(keelson, "xfs", Expected({"/": "xfs", "/boot/efi": "vfat"}))


@case
def a_root_on_btrfs_is_changed(keelson):
    changed_image_boots(keelson, "btrfs", Expected({"/": "btrfs", "/boot/efi": "vfat"}))


@case
def a_disk_of_vmdb2_goes_on_working(keelson):
    changed_image_boots(keelson, "vmdb2", Expected({"/": "ext4"}, firmware="bios", disk="virtio-blk"))


@case
def a_disk_of_mkosi_goes_on_working(keelson):
    """Its system has never booted: presets come into force at its first boot, after what the recipe says of services."""
    changed_image_boots(keelson, "mkosi", Expected({"/": "ext4"}))


# ---- a new layout ---------------------------------------------------------------------------------------------------

@case
def a_new_layout_with_uefi_boots(keelson):
    changed_image_boots(keelson, "grub-efi", Expected({"/": "ext4", "/boot/efi": "vfat", "/var": "xfs", "/home": "btrfs", "/opt": "overlay"}),
                        recipe="uefi-layout.yaml")


@case
def a_new_layout_with_bios_boots(keelson):
    changed_image_boots(keelson, "grub-bios", Expected({"/": "ext4"}, firmware="bios"), recipe="bios-layout.yaml")


main()
