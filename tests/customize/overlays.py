"""Overlays that the initrd mounts: their lines, and the image's own tool that makes its initrd anew. A stand-in for
update-initramfs(8) tells what it saw; tests/vm boots real ones. A test per case: `overlays.py PROGRAM CASE`."""
import hashlib
import os
import shutil

from disks import ROOT_UUID, Disk, debugfs, root_of, tool
from program import Skip, case, main, require

UPDATE = """#!/bin/sh
[ "$*" = "-u -k 6.12" ] || exit 9
echo "made from" > /boot/initrd.img-6.12
cat /etc/fstab /etc/initramfs-tools/conf.d/* >> /boot/initrd.img-6.12
ls /etc/initramfs-tools/hooks /etc/initramfs-tools/scripts/local-bottom >> /boot/initrd.img-6.12
"""
TOOLS = {
    "boot/initrd.img-6.12": "old initrd",
    "usr/share/initramfs-tools/hook-functions": "",
    "etc/initramfs-tools/initramfs.conf": "# how\nMODULES=dep\n",
    "etc/initramfs-tools/conf.d/own": "COMPRESS=zstd\n",
}
OVERLAY = "{mountPoint: /etc, lowerDirs: [/etc, /usr/etc], upperDir: /var/o/upper, workDir: /var/o/work, isInitrdOverlay: true}"
LINE = ("overlay /etc overlay lowerdir=/sysroot/etc:/sysroot/usr/etc,upperdir=/sysroot/var/o/upper,workdir=/sysroot/var/o/work,"
        "x-systemd.requires-mounts-for=/sysroot/var/o/upper,x-initrd.mount,x-systemd.wanted-by=initrd-fs.target 0 0")


def customize(keelson, base, overlay=OVERLAY, out="out.raw", arguments="[rw]"):
    """With a shell and the tool; the kernel's arguments of the base say "ro"."""
    if not os.path.exists("/bin/busybox"):
        raise Skip("busybox-static is not installed")
    shutil.copy("/bin/busybox", keelson.folder / "busybox")
    (keelson.folder / "update").write_text(UPDATE)
    config, output = keelson.folder / "config.yaml", keelson.folder / out
    config.write_text(f"""os:
  kernelCommandLine: {{extraCommandLine: {arguments}}}
  overlays: [{overlay}]
  additionalFiles:
  - {{source: busybox, destination: /bin/sh, permissions: "755"}}
  - {{source: update, destination: /usr/sbin/update-initramfs, permissions: "755"}}
""")
    return output, keelson.run("customize", "-i", base, "-c", config, "-o", output)


def refused(keelson, disk, *texts, **how):
    output, result = customize(keelson, disk.raw, **how)
    result.expect(3, *texts)
    require(not output.exists(), "there is an output")


@case
def an_overlay_of_the_initrd_is_in_a_new_initrd(keelson):
    entry = f"title Debian\nversion 6.12\nlinux /6.12/vmlinuz-6.12\ninitrd /6.12/initrd.img-6.12\noptions root=UUID={ROOT_UUID} ro\n"
    disk = Disk(keelson.folder / "base", files={**TOOLS, "boot/loader/entries/debian-6.12.conf": entry,
                                                "boot/6.12/vmlinuz-6.12": "kernel", "boot/6.12/initrd.img-6.12": "old initrd"})
    output, result = customize(keelson, disk.raw)
    result.expect(0)
    again, _ = customize(keelson, disk.raw, out="again.raw")
    require(hashlib.sha256(output.read_bytes()).digest() == hashlib.sha256(again.read_bytes()).digest(), "the same again gives other bytes")
    root = root_of(output, keelson.folder)
    tool("e2fsck", "-fn", root)
    table = debugfs(root, "cat /etc/fstab")
    require(table.splitlines()[-1] == LINE, f"fstab ends with {table.splitlines()[-1]}")
    made = f"made from\n{table}COMPRESS=zstd\nMODULES=most\n"
    initrd = debugfs(root, "cat /boot/initrd.img-6.12")
    require(initrd.startswith(made) and initrd.count("x-initrd-mount") == 2, f"the initrd is {initrd}")
    require(debugfs(root, "cat /boot/6.12/initrd.img-6.12") == initrd, "the copy that systemd-boot starts is another one")
    require("zzz-keelson" not in debugfs(root, "ls /etc/initramfs-tools/conf.d"), "a temporary setting is left")
    for path in ("hooks/x-initrd-mount", "scripts/local-bottom/x-initrd-mount"):
        require("Mode:  0755" in debugfs(root, f"stat /etc/initramfs-tools/{path}"), f"{path} can not be run")
    require("Type: directory" in debugfs(root, "stat /var/o/work"), "there is no folder to work in")


@case
def an_overlay_that_the_initrd_could_not_mount_is_refused(keelson):
    """Such an image would not start any more."""
    disk = Disk(keelson.folder / "base", files=TOOLS)
    refused(keelson, disk, "cannot mount overlay '/etc' in the initrd: its upper folder '/var/o/upper' lies on the root, which is mounted "
            "read-only then (kernel arguments: ", "hint: add rw to os.kernelCommandLine.extraCommandLine", arguments="[quiet]")
    waits = OVERLAY.replace("isInitrd", "mountDependencies: [/var], isInitrd")
    refused(keelson, disk, "adding overlay '/etc'", "cannot wait for '/var' in the initrd: fstab mounts nothing there", "hint: ", overlay=waits)
    table = f"UUID={ROOT_UUID} / ext4 defaults 0 1\nUUID=99999999-2222-3333-4444-555555555555 /var ext4 defaults 0 2\n"
    disk = Disk(keelson.folder / "with-var", files={**TOOLS, "etc/fstab": table})
    refused(keelson, disk, "cannot use '/var/o/upper' in the initrd: '/var' is not mounted then",
            "hint: add x-initrd.mount to the mount options of /var")
    disk = Disk(keelson.folder / "later", files={**TOOLS, "etc/fstab": table.replace("ext4 defaults 0 2", "ext4 nodev,x-initrd.mount 0 2")})
    customize(keelson, disk.raw, overlay=waits, arguments="[]")[1].expect(0)  # /var is not the root: whatever its arguments say


@case
def an_image_that_can_not_make_its_initrd_is_told_so(keelson):
    disk = Disk(keelson.folder / "base", files={**TOOLS, "usr/share/initramfs-tools/hook-functions": None})
    refused(keelson, disk, "the image has neither initramfs-tools nor dracut to make its initrd with", "hint: ")
    disk = Disk(keelson.folder / "other", files={**TOOLS, "boot/initrd.img-6.12": None})
    refused(keelson, disk, "cannot make initrds: no kernel in /boot has one there")


main()
