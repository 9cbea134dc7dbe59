"""Unified kernel images, what `output.artifacts` hands out, and `keelson inject-files`, on disks that others made."""
import hashlib
import json

from disks import MIB, ROOT_UUID, Disk, debugfs, esp_of, read_fat, root_of, tool
from program import case, main, require
from programs import program, section

KERNEL, LOADER = program(b"kernel"), program(b"systemd-boot")
BOOT_FILES = {
    "boot/vmlinuz-6.12": KERNEL,
    "boot/initrd.img-6.12": "initrd",
    "usr/lib/systemd/boot/efi/linuxx64.efi.stub": program(b"stub"),
    "usr/lib/systemd/boot/efi/systemd-bootx64.efi": LOADER,
}
CREATE = """
previewFeatures: [uki, output-artifacts]
os:
  bootloader: {resetType: hard-reset}
  uki: {mode: create}
  kernelCommandLine: {extraCommandLine: [audit=0]}
output:
  artifacts: {items: [ukis, bootloader], path: artifacts}
"""
UKI = "EFI/Linux/vmlinuz-6.12.efi"


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def customize(keelson, base, recipe, out):
    config = keelson.folder / "config.yaml"
    config.write_text(recipe)
    output = keelson.folder / out
    return output, keelson.run("customize", "-i", base, "-c", config, "-o", output)


def customized(keelson, base, recipe=CREATE, out="out.raw"):
    output, result = customize(keelson, base, recipe, out)
    result.expect(0)
    return output


def inject(keelson, image, files, out="signed.raw", *options, document=None):
    """`files`: (idType, id, destination, source, type) each."""
    config = document or keelson.folder / "inject.yaml"
    if document is None:
        config.write_text(json.dumps({"previewFeatures": ["inject-files"], "injectFiles": [
            {"partition": {"idType": kind, "id": name}, "destination": destination, "source": source,
             **({"type": what} if what else {})} for kind, name, destination, source, what in files]}))
    output = keelson.folder / out
    return output, keelson.run("inject-files", "--image-file", image, "--config-file", config, "--output-image-file", output, *options)


def injected(keelson, *arguments, **how):
    output, result = inject(keelson, *arguments, **how)
    result.expect(0)
    return output


def outside_of(raw, place):
    with open(raw, "rb") as disk:
        before = disk.read(place[0])
        disk.seek(place[0] + place[1])
        return hashlib.sha256(before + disk.read()).hexdigest()


@case
def a_base_that_grub_boots_gets_unified_kernel_images(keelson):
    disk = Disk(keelson.folder / "base", files=BOOT_FILES)
    before = digest(disk.raw)
    output = customized(keelson, disk.raw)
    require(digest(disk.raw) == before, "the base was changed")
    esp = esp_of(output, keelson.folder)
    tool("fsck.vfat", "-n", esp)
    image = read_fat(esp, UKI)
    require(section(image, ".cmdline").decode() == f"root=UUID={ROOT_UUID} ro audit=0", f"it boots with {section(image, '.cmdline')}")
    require(section(image, ".linux") == KERNEL and section(image, ".initrd") == b"initrd", "kernel or initrd is another one")
    for name in ("EFI/BOOT/BOOTX64.EFI", "EFI/systemd/systemd-bootx64.efi"):
        require(read_fat(esp, name) == LOADER, f"{name} is not systemd-boot")
    require("root=UUID" in debugfs(root_of(output, keelson.folder), "cat /etc/kernel/cmdline"), "the next kernel has no arguments")
    require(digest(customized(keelson, disk.raw, out="again.raw")) == digest(output), "the same again gives other bytes")


@case
def modify_changes_the_command_line_only(keelson):
    base = customized(keelson, Disk(keelson.folder / "base", files=BOOT_FILES).raw)
    recipe = "previewFeatures: [uki]\nos: {uki: {mode: modify}, kernelCommandLine: {extraCommandLine: [quiet]}}\n"
    output = customized(keelson, base, recipe, "modified.raw")
    old, new = (read_fat(esp_of(raw, keelson.folder), UKI) for raw in (base, output))
    require(section(new, ".cmdline") == section(old, ".cmdline") + b" quiet", f"it boots with {section(new, '.cmdline')}")
    for name in (".linux", ".initrd", ".osrel", ".uname", ".text", ".sbat"):
        require(section(new, name) == section(old, name), f"{name} has changed")
    customize(keelson, base, "os: {hostname: a}", "silent.raw")[1].expect(3, UKI, "'os.uki'", "hint: ")


@case
def a_base_without_the_stub_or_without_images_is_told_what_it_lacks(keelson):
    disk = Disk(keelson.folder / "base", files={**BOOT_FILES, "usr/lib/systemd/boot/efi/linuxx64.efi.stub": None})
    output, result = customize(keelson, disk.raw, CREATE, "out.raw")
    result.expect(3, "no /usr/lib/systemd/boot/efi/linuxx64.efi.stub", "install systemd-boot-efi")
    require(not output.exists() and not (keelson.folder / "artifacts").exists(), "something was left")
    recipe = "previewFeatures: [uki]\nos: {uki: {mode: modify}}\n"
    customize(keelson, disk.raw, recipe, "out.raw")[1].expect(3, "os.uki.mode: modify", "no unified kernel image", "hint: ")


@case
def what_is_not_there_is_not_handed_out(keelson):
    disk = Disk(keelson.folder / "base")
    recipe = "previewFeatures: [output-artifacts]\noutput: {artifacts: {items: [ITEM], path: artifacts}}\n"
    for item, cause in (("ukis", "no unified kernel image"), ("verity-hash", "this version signs root hashes itself")):
        output, result = customize(keelson, disk.raw, recipe.replace("ITEM", item), "out.raw")
        result.expect(3, f"cannot hand out '{item}'", cause)
        require(not output.exists() and not (keelson.folder / "artifacts").exists(), "something was left")


@case
def what_is_handed_out_comes_back_when_it_is_signed(keelson):
    """Signed by sbsign, as the guide tells it; sbverify finds the signature in the image."""
    image = customized(keelson, Disk(keelson.folder / "base", files=BOOT_FILES).raw)
    artifacts = keelson.folder / "artifacts"
    names = sorted(str(path.relative_to(artifacts)) for path in artifacts.rglob("*") if path.is_file())
    require(names == ["bootloader/BOOTX64.EFI", "bootloader/systemd-bootx64.efi", "inject-files.yaml", "ukis/vmlinuz-6.12.efi"],
            f"handed out were {names}")
    key, certificate = keelson.folder / "db.key", keelson.folder / "db.crt"
    tool("openssl", "req", "-new", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3650", "-subj", "/CN=test/", "-keyout", key,
         "-out", certificate)
    signed = [artifacts / name for name in names if name.endswith((".efi", ".EFI"))]
    for path in signed:
        tool("sbsign", "--key", key, "--cert", certificate, "--output", path, path)
    before = digest(image)
    output = injected(keelson, image, [], document=artifacts / "inject-files.yaml")
    require(digest(image) == before, "the image was changed")
    require(outside_of(image, Disk.ESP) == outside_of(output, Disk.ESP), "something outside of the ESP has changed")
    esp = esp_of(output, keelson.folder)
    tool("fsck.vfat", "-n", esp)
    for name, path in ((UKI, "ukis/vmlinuz-6.12.efi"), ("EFI/BOOT/BOOTX64.EFI", "bootloader/BOOTX64.EFI")):
        require(read_fat(esp, name) == (artifacts / path).read_bytes(), f"{name} is not the signed one")
    (keelson.folder / "from-image.efi").write_bytes(read_fat(esp, UKI))
    tool("sbverify", "--cert", certificate, keelson.folder / "from-image.efi")


@case
def partitions_are_found_by_uuid_and_label_and_everything_else_stays(keelson):
    disk = Disk(keelson.folder / "base")
    (keelson.folder / "text").write_text("signed\n")
    (keelson.folder / "small.efi").write_bytes(program())
    files = [("uuid", "cafe-0001", "/EFI/new/a.efi", "small.efi", "ukis"), ("part-label", "rootfs", "/etc/hostname", "text", "")]
    output = injected(keelson, disk.raw, files)
    root = root_of(output, keelson.folder)
    tool("e2fsck", "-fn", root)
    require(debugfs(root, "cat /etc/hostname") == "signed\n", "the file is not there")
    require(debugfs(root, "cat /var/large/7") == "\x08" * (512 * 1024), "a file that nobody touched is not the same")
    require(ROOT_UUID in tool("dumpe2fs", "-h", root), "the file system has another identity")
    esp = esp_of(output, keelson.folder)
    tool("fsck.vfat", "-n", esp)
    require(read_fat(esp, "EFI/new/a.efi") == program() and read_fat(esp, "EFI/BOOT/BOOTX64.EFI") == b"loader", "the ESP is wrong")
    with open(disk.raw, "rb") as base, open(output, "rb") as result:
        require(base.read(MIB) == result.read(MIB), "the partition table has changed")
    require(digest(injected(keelson, disk.raw, files, "again.raw")) == digest(output), "the same again gives other bytes")


@case
def every_format_gives_the_same_disk_and_says_so_in_json(keelson):
    disk = Disk(keelson.folder / "base")
    (keelson.folder / "small.efi").write_bytes(program())
    files = [("part-label", "esp", "/EFI/BOOT/bootx64.efi", "small.efi", "shim")]
    expected = digest(injected(keelson, disk.raw, files))
    qcow2 = injected(keelson, disk.as_format("qcow2"), files, "out.qcow2")
    tool("qemu-img", "convert", "-O", "raw", qcow2, keelson.folder / "of-qcow2.raw")
    require(digest(keelson.folder / "of-qcow2.raw") == expected, "the disk of qcow2 differs")
    output, result = inject(keelson, disk.as_format("vhdx"), files, "out.vhd", "--output-image-format", "vhd-fixed", "--json")
    result.expect(0)
    require(json.loads(result.out) == {"file": str(output), "format": "vhd-fixed", "injected": [
        {"destination": "/EFI/BOOT/bootx64.efi", "partition": 1}]}, f"it said {result.out}")
    output.write_bytes(output.read_bytes()[:-512])
    require(digest(output) == expected, "the disk of vhd-fixed differs")
    require("BOOTX64" in tool("mdir", "-b", "-i", esp_of(output, keelson.folder), "::EFI/BOOT").upper(), "the loader is gone")


@case
def what_can_not_be_injected_is_refused_and_leaves_nothing(keelson):
    disk = Disk(keelson.folder / "base")
    root = root_of(disk.raw, keelson.folder)
    tool("debugfs", "-w", "-R", "symlink /lib usr/lib", root)
    tool("dd", f"if={root}", f"of={disk.raw}", "bs=1M", f"seek={Disk.ROOT[0] // MIB}", "conv=notrunc")
    (keelson.folder / "small.efi").write_bytes(program())
    (keelson.folder / "text").write_text("text")
    with open(keelson.folder / "large", "wb") as large:
        large.truncate(45 * MIB)
    with open(keelson.folder / "larger", "wb") as larger:
        larger.write(bytes(range(1, 256)) * (160 * MIB // 255))
    esp = ("part-label", "esp")
    for files, code, texts in (
            ([("part-uuid", "b9f59ced-d1a6-44a7-91d9-4d623a39b032", "/a", "text", "")], 4, ["no partition of", "has part-uuid", "hint: "]),
            ([("part-label", "ESP", "/a", "text", "")], 4, ["has part-label 'ESP'", "'esp' and 'rootfs'"]),
            ([(*esp, "/a", "missing", "")], 3, ["missing"]),
            ([(*esp, "/../a", "text", "")], 3, ["'/../a'"]),
            ([(*esp, "/EFI/BOOT", "text", "")], 3, ["it is a folder there"]),
            ([(*esp, "/a", "text", ""), (*esp, "/A", "text", "")], 3, ["it is named twice"]),
            ([(*esp, "/a", "text", "ukis")], 3, ["it is no UEFI program", "hint: "]),
            ([(*esp, "/a", "large", "")], 3, ["injecting files into partition 1", "is full"]),
            ([("part-label", "rootfs", "/a", "larger", "")], 3, ["rootfs"]),
            ([("part-label", "rootfs", "/etc", "text", "")], 3, ["it is a folder there"]),
            ([("part-label", "rootfs", "/lib", "text", "")], 3, ["it is a symlink there, to 'usr/lib'"])):
        output, result = inject(keelson, disk.raw, files)
        require(result.code == code and all(text in result.err for text in texts), f"it ended with {result.code}: {result.err}")
        require(not output.exists(), f"there is an output after {result.err}")
    before = digest(disk.raw)
    config = keelson.folder / "inject.yaml"
    keelson.run("inject-files", "-i", disk.raw, "-c", config, "-o", disk.raw).expect(2, "it is the base image")
    require(digest(disk.raw) == before, "the base was changed")
    inject(keelson, disk.raw, [(*esp, "/a.efi", "small.efi", "ukis")])[1].expect(0, "is not signed")


main()
