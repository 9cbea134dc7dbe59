"""`keelson customize` on disks that others made. A test per case: `customize.py PROGRAM CASE`."""
import hashlib
import json
import os
import shutil
import sys

from archive import Archive, Suite
from disks import GRUB, MIB, ROOT_UUID, Disk, debugfs, root_of, tool
from ordinary_user import ORDINARY, as_ordinary_user
from mirror import Mirror
from program import SOURCE, Skip, case, main, require

RECIPE = """
os:
  hostname: changed.example
  groups:
    - {name: operators, gid: 2500}
  users:
    - name: alice
      uid: 2600
      primaryGroup: operators
      secondaryGroups: [adm]
      homeDirectory: /home/alice
  additionalFiles:
    - {content: "hello\\n", destination: /etc/motd, permissions: "640"}
  services:
    enable: [fstrim.timer]
  kernelCommandLine:
    extraCommandLine: [audit=0]
"""


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def customize(keelson, base, recipe=RECIPE, out="out.raw", *options):
    config = keelson.folder / "config.yaml"
    config.write_text(recipe)
    output = keelson.folder / out
    return output, keelson.run("customize", "--image-file", base, "--config-file", config, "--output-image-file", output, *options)


def customized(keelson, base, *arguments, **how):
    output, result = customize(keelson, base, *arguments, **how)
    result.expect(0)
    return output


@case
def what_the_recipe_says_is_in_the_result_and_the_rest_is_as_it_was(keelson):
    disk = Disk(keelson.folder / "base")
    before = digest(disk.raw)
    output = customized(keelson, disk.raw)
    require(digest(disk.raw) == before, "the base was changed")
    require("No problems found" in tool("sgdisk", "-v", output), "sgdisk finds problems")
    root = root_of(output, keelson.folder)
    tool("e2fsck", "-fn", root)
    require(debugfs(root, "cat /etc/hostname") == "changed.example\n", "the host name is not set")
    require("alice:x:2600:2500:" in debugfs(root, "cat /etc/passwd"), "alice is not there")
    require("operators:x:2500:" in debugfs(root, "cat /etc/group"), "operators is not there")
    require(debugfs(root, "cat /etc/motd") == "hello\n", "the file is not there")
    require("Mode:  0640" in debugfs(root, "stat /etc/motd"), "its mode is wrong")
    require("timers.target.wants" in debugfs(root, "ls /etc/systemd/system"), "the timer is not enabled")
    require(debugfs(root, "cat /boot/grub/grub.cfg") == GRUB.replace(" ro\n", " ro audit=0\n"), "grub.cfg is wrong")
    require(debugfs(root, "cat /var/large/7") == "\x08" * (512 * 1024), "a file that nobody touched is not the same")
    described = tool("dumpe2fs", "-h", root)
    require(ROOT_UUID in described and "rootfs" in described, "the file system has another identity")
    with open(disk.raw, "rb") as base, open(output, "rb") as result:
        require(base.read(41 * MIB) == result.read(41 * MIB), "the partition table or the ESP has changed")


@case
def the_same_again_gives_the_same_bytes(keelson):
    disk = Disk(keelson.folder / "base")
    first = customized(keelson, disk.raw, RECIPE, "first.raw")
    second = customized(keelson, disk.raw, RECIPE, "second.raw")
    require(digest(first) == digest(second), "the bytes differ")


@case
def bills_of_materials_stand_beside_the_result_and_in_it(keelson):
    sys.path.append(str(SOURCE / "tests/sbom"))
    try:
        import jsonschema  # pylint: disable=import-outside-toplevel,unused-import
    except ImportError:
        raise Skip("python3-jsonschema is not installed") from None
    import check_bill  # pylint: disable=import-outside-toplevel,import-error
    status = "Package: tool\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1:2.0-1\nMaintainer: A <a@b.c>\nDescription: x\n"
    disk = Disk(keelson.folder / "base", files={"var/lib/dpkg/status": status, "usr/share/doc/tool/copyright": "free\n"})
    base = disk.as_format("qcow2")
    output = customized(keelson, base, "os: {hostname: other, sbom: spdx}\n", "out.raw", "--sbom", "--output-image-format", "raw")

    def read(text):
        document = json.loads(text)
        found = check_bill.findings(document)
        require(not found and len(check_bill.package_urls(document)) == 1, f"{found} {document}")
        return document
    beside = read((output.parent / f"{output.name}.spdx.json").read_text())
    named = {each["name"]: each["checksums"][0]["checksumValue"] for each in beside["packages"] if "checksums" in each}
    require(named[base.name] == digest(base), f"the base is {named}")
    require(digest(output) in named.values(), f"the image is {named}")
    cyclonedx = read((output.parent / f"{output.name}.cdx.json").read_text())
    require(digest(base) in json.dumps(cyclonedx["formulation"]), "CycloneDX has no base")
    root = root_of(output, keelson.folder)
    inside = read(debugfs(root, "cat /usr/share/sbom/image.spdx.json"))
    require(digest(base) in json.dumps(inside) and digest(output) not in json.dumps(inside), f"{inside}")
    first = digest(output)
    customized(keelson, base, "os: {hostname: other, sbom: spdx}\n", output.name, "--output-image-format", "raw")
    require(digest(output) == first, "the disk is another without --sbom")
    require(not list(output.parent.glob(f"{output.name}.*.json")), "bills of an earlier run are still there")


@case
def every_format_of_a_base_gives_the_same_disk(keelson):
    disk = Disk(keelson.folder / "base")
    expected = digest(customized(keelson, disk.raw))
    for name, options in (("qcow2", ["-c"]), ("vhdx", []), ("vhd", ["-o", "force_size=on"]),
                          ("vhd-fixed", ["-o", "subformat=fixed,force_size=on"])):
        base = disk.as_format(name, *options)
        output = customized(keelson, base, RECIPE, f"of-{name}.raw", "--output-image-format", "raw")
        require(digest(output) == expected, f"the disk of {name} differs")


@case
def old_and_new_features_of_ext4_are_read(keelson):
    for number, features in enumerate((["-O", "^extents,^64bit,^metadata_csum"], ["-b", "1024"], ["-O", "inline_data"],
                                       ["-I", "128"])):
        disk = Disk(keelson.folder / f"base-{number}", features=features)
        root = root_of(customized(keelson, disk.raw, RECIPE, f"{number}.raw"), keelson.folder)
        tool("e2fsck", "-fn", root)
        require(debugfs(root, "cat /var/large/7") == "\x08" * (512 * 1024), f"with {features} a file is not the same")


def recipe_with_scripts(keelson, scripts):
    """A static program stands for the image's shell."""
    if not os.path.exists("/bin/busybox"):
        raise Skip("busybox-static is not installed")
    shutil.copy("/bin/busybox", keelson.folder / "busybox")
    files = 'os: {additionalFiles: [{source: busybox, destination: /bin/sh, permissions: "755"}]}'
    return f"{files}\nscripts:\n  postCustomization:\n{scripts}"


@case
def the_recipes_format_and_overlays_and_the_history_are_there(keelson):
    """Customized twice: the second run finds what the first one left."""
    disk = Disk(keelson.folder / "base")
    recipe = """
os:
  overlays: [{mountPoint: /opt/merged, lowerDirs: [/boot/grub], upperDir: /var/o/upper, workDir: /var/o/work, mountOptions: OPTIONS}]
  users: [{name: alice, password: {type: plain-text, value: geheim}}]
output: {image: {format: vhdx}}
"""
    first = customized(keelson, disk.raw, recipe.replace("OPTIONS", "noatime"), "first.vhdx")
    require(first.read_bytes()[:8] == b"vhdxfile", "the output is no VHDX")
    second = customized(keelson, first, recipe.replace("OPTIONS", "nodev"), "second.raw", "--output-image-format", "raw")
    root = root_of(second, keelson.folder)
    tool("e2fsck", "-fn", root)
    overlays = [line for line in debugfs(root, "cat /etc/fstab").splitlines() if " overlay " in line]
    require(overlays == ["overlay /opt/merged overlay lowerdir=/boot/grub,upperdir=/var/o/upper,workdir=/var/o/work,"
                         "x-systemd.requires-mounts-for=/var/o/upper,nodev 0 0"], f"the overlays are {overlays}")
    require("Type: directory" in debugfs(root, "stat /var/o/work"), "there is no folder to work in")
    text = debugfs(root, "cat /usr/share/image-customizer/history.json")
    history = json.loads(text)
    require(len(history) == 2 and "geheim" not in text, f"the history is {text}")
    options = [entry["config"]["os"]["overlays"][0]["mountOptions"] for entry in history]
    require(options == ["noatime", "nodev"], f"the history tells of {options}")
    release = debugfs(root, "cat /etc/image-customizer-release")
    require(f'IMAGE_UUID="{history[1]["imageUuid"]}"' in release, f"the release file says {release}")


@case
def unified_kernel_images_pass_through(keelson):
    disk = Disk(keelson.folder / "base")
    esp = keelson.folder / "esp.img"
    with open(disk.raw, "rb") as raw:
        raw.seek(Disk.ESP[0])
        esp.write_bytes(raw.read(Disk.ESP[1]))
    tool("mmd", "-i", esp, "::EFI/Linux")
    tool("mcopy", "-i", esp, "-", "::EFI/Linux/debian.efi", input="kernel, initrd and command line")
    tool("dd", f"if={esp}", f"of={disk.raw}", "bs=1M", f"seek={Disk.ESP[0] // MIB}", "conv=notrunc")
    recipe = "previewFeatures: [uki]\nos: {hostname: other, uki: {mode: MODE}}"
    output = customized(keelson, disk.raw, recipe.replace("MODE", "passthrough"))
    require(debugfs(root_of(output, keelson.folder), "cat /etc/hostname") == "other\n", "the host name is not set")
    with open(output, "rb") as raw:
        raw.seek(Disk.ESP[0])
        require(raw.read(Disk.ESP[1]) == esp.read_bytes(), "the ESP was changed")
    config = keelson.folder / "silent.yaml"
    config.write_text("os: {hostname: other}")
    silent = keelson.folder / "silent.raw"
    keelson.run("customize", "-i", disk.raw, "-c", config, "-o", silent).expect(3, "EFI/Linux/debian.efi", "'os.uki'", "hint: ")
    require(not silent.exists(), "there is an output")


@case
def a_script_runs_inside_the_image(keelson):
    disk = Disk(keelson.folder / "base")
    recipe = recipe_with_scripts(keelson, """
    - content: |
        echo "$GREETING from $(pwd)" > /etc/said
        test -e /_imageconfigs/config.yaml
      environmentVariables: {GREETING: hello}
""")
    root = root_of(customized(keelson, disk.raw, recipe), keelson.folder)
    require(debugfs(root, "cat /etc/said") == "hello from /\n", "the script did not run")
    require("_imageconfigs" not in debugfs(root, "ls /"), "the recipe's folder is left in the image")


@case
def a_script_sees_the_network_only_if_it_says_so(keelson):
    disk = Disk(keelson.folder / "base", files={"etc/resolv.conf": None})
    resolver = "/etc/resolv.conf" if os.path.exists("/etc/resolv.conf") else "/etc/hostname"
    asks = f"    - {{content: 'cat /proc/net/dev > /etc/seen; cat {resolver} > /etc/resolver', network: true}}\n"
    root = root_of(customized(keelson, disk.raw, recipe_with_scripts(keelson, asks)), keelson.folder)
    with open("/proc/net/dev") as interfaces:
        require(len(debugfs(root, "cat /etc/seen").splitlines()) == len(interfaces.readlines()), "it does not see the host's network")
    if resolver == "/etc/resolv.conf":
        with open(resolver) as servers:
            require(debugfs(root, "cat /etc/resolver") == servers.read(), "it does not see the host's resolver")
    require("resolv.conf" not in debugfs(root, "ls /etc"), "the host's resolv.conf is left in the image")
    asks_not = "    - {content: 'cat /proc/net/dev > /etc/seen'}\n"
    root = root_of(customized(keelson, disk.raw, recipe_with_scripts(keelson, asks_not)), keelson.folder)
    seen = debugfs(root, "cat /etc/seen").splitlines()
    require(len(seen) == 3 and "lo:" in seen[2], f"it sees more than an empty network: {seen}")


@case
def a_failing_script_leaves_no_output_and_shows_its_last_words(keelson):
    disk = Disk(keelson.folder / "base")
    recipe = recipe_with_scripts(keelson, "    - {name: greeting, content: 'echo it was me; exit 3'}\n")
    output, result = customize(keelson, disk.raw, recipe)
    result.expect(3, "cannot run 'greeting'", "it was me")
    require(not output.exists(), "there is an output")


@case
def a_script_without_its_interpreter_is_told_so(keelson):
    disk = Disk(keelson.folder / "base", files={"bin/sh": None})
    recipe = "scripts: {postCustomization: [{content: 'exit 0'}]}"
    customize(keelson, disk.raw, recipe)[1].expect(3, "cannot run '/bin/sh' in the image: No such file")


@case
def a_disk_without_an_os_is_refused(keelson):
    disk = Disk(keelson.folder / "base", files={"etc/os-release": None})
    customize(keelson, disk.raw)[1].expect(3, "no partition holds a root file system", "hint: ")


@case
def a_symlink_to_the_root_leads_nowhere_else(keelson):
    """/etc/keelson points at the host's root; what the recipe writes there stays in the image."""
    disk = Disk(keelson.folder / "base")
    root = root_of(disk.raw, keelson.folder)
    outside = keelson.folder / "outside"
    outside.mkdir()
    tool("debugfs", "-w", "-R", f"symlink /escape {outside}", root)
    tool("dd", f"if={root}", f"of={disk.raw}", "bs=1M", f"seek={Disk.ROOT[0] // MIB}", "conv=notrunc")
    recipe = 'os: {additionalFiles: [{content: "x", destination: /escape/file}]}'
    customize(keelson, disk.raw, recipe)
    require(not list(outside.iterdir()), "a file was written outside of the image")


@case
def a_truncated_image_is_refused(keelson):
    disk = Disk(keelson.folder / "base")
    with open(disk.raw, "r+b") as raw:
        raw.truncate(100 * MIB)
    customize(keelson, disk.raw)[1].expect(3, "error: ")
    broken = disk.as_format("qcow2")
    with open(broken, "r+b") as image:
        image.truncate(1 * MIB)
    customize(keelson, broken)[1].expect(3, "error: ")


def with_journal(keelson):
    """A disk whose root was not unmounted: the first block of /var/large/7 is in its journal only. Gives also the root's
    file system, its block size and what the file holds."""
    disk = Disk(keelson.folder / "base")
    root = root_of(disk.raw, keelson.folder)
    size = int(next(line for line in tool("dumpe2fs", "-h", root).splitlines() if line.startswith("Block size:")).split()[-1])
    block = keelson.folder / "block"
    block.write_text("J" * size)
    place = debugfs(root, "bmap /var/large/7 0").strip()
    tool("debugfs", "-w", "-f", "-", root, input=f"jo -c -v 3\njw -b {place} {block}\njc\n")
    return disk, root, size, "J" * size + "\x08" * (512 * 1024 - size)


def put_root(disk, root):
    tool("dd", f"if={root}", f"of={disk.raw}", "bs=1M", f"seek={Disk.ROOT[0] // MIB}", "conv=notrunc")


@case
def what_is_in_the_journal_of_a_running_machine_is_in_the_result(keelson):
    disk, root, _, content = with_journal(keelson)
    require(debugfs(root, "cat /var/large/7") != content, "it is not in the journal only")
    put_root(disk, root)
    before = digest(disk.raw)
    root = root_of(customized(keelson, disk.raw), keelson.folder)
    tool("e2fsck", "-fn", root)
    require(debugfs(root, "cat /var/large/7") == content, "what the journal holds is not in the result")
    require(digest(disk.raw) == before, "the base was changed")


@case
def a_base_whose_journal_is_damaged_is_refused(keelson):
    disk, root, size, _ = with_journal(keelson)
    journal = int(debugfs(root, "bmap <8> 0"))
    with open(root, "r+b") as image:
        image.seek(journal * size + 0x30)
        image.write(b"damaged")
    put_root(disk, root)
    output, result = customize(keelson, disk.raw)
    result.expect(3, "partition 2", "not cleanly unmounted", "cannot read 'ext4 journal': its superblock's checksum", "hint: ")
    require(not output.exists(), "there is an output")


@case
def a_base_with_errors_is_refused(keelson):
    disk = Disk(keelson.folder / "base")
    root = root_of(disk.raw, keelson.folder)
    tool("debugfs", "-w", "-R", "ssv state 3", root)
    put_root(disk, root)
    customize(keelson, disk.raw)[1].expect(3, "not cleanly unmounted", "hint: ")


@case
def the_base_is_never_the_output(keelson):
    disk = Disk(keelson.folder / "base")
    before = digest(disk.raw)
    config = keelson.folder / "config.yaml"
    config.write_text(RECIPE)
    keelson.run("customize", "-i", disk.raw, "-c", config, "-o", disk.raw).expect(2, "it is the base image")
    require(digest(disk.raw) == before, "the base was changed")


@case
def packages_come_from_the_snapshot_of_the_time_asked_for(keelson):
    # The base has dpkg's database and no dpkg: the run ends after its packages were resolved and fetched.
    installed = "Package: dpkg\nStatus: install ok installed\nArchitecture: {}\nVersion: 13\nMaintainer: a <a@b.c>\nDescription: x\n"
    direct = {"no_proxy": "127.0.0.1", "NO_PROXY": "127.0.0.1"}
    with Archive(keelson.folder) as archive, Mirror(archive.root) as mirror:
        disk = Disk(keelson.folder / "base", files={"var/lib/dpkg/status": installed.format(archive.architecture)})
        for version, name, date in (("1.0", "20260601T000000Z", 1_780_268_400), ("2.0", "20260611T000000Z", 1_781_132_400)):
            archive.stanzas.clear()
            archive.make_package("alpha", version)
            archive.publish(Suite(date=date, valid_until=date + 7 * 86400))
            (archive.root / name).mkdir()
            (archive.root / "dists").rename(archive.root / name / "dists")
            (archive.root / name / "pool").symlink_to(archive.root / "pool")
        config = archive.recipe(keelson.folder / "config.yaml", ["alpha"], mirror=f"{mirror.url}/@SNAPSHOTID@")
        config.write_text(config.read_text() + "    snapshotTime: 2026-06-11\npreviewFeatures: [package-snapshot-time]\n")

        def fetched(*options):
            result = keelson.run("customize", "--image-file", disk.raw, "--config-file", config, "--output-image-file",
                                 keelson.folder / "out.raw", *options, environment=direct)
            require("fetching packages: 1 files" in result.err and result.code != 0, f"it did not come so far, or further: {result}")
            return sorted(path for path in mirror.turns if path.endswith(".deb"))

        first = fetched("--package-snapshot-time", "2026-06-01")
        require(first == [f"/20260601T000000Z/pool/alpha_1.0_{archive.architecture}.deb"], first)
        mirror.turns.clear()
        second = fetched()
        require(second == [f"/20260611T000000Z/pool/alpha_2.0_{archive.architecture}.deb"], second)


@case
def an_ordinary_user_gets_the_same_bytes(keelson):
    disk = Disk(keelson.folder / "base")
    expected = digest(customized(keelson, disk.raw))
    prefix = as_ordinary_user(keelson)
    home = keelson.folder / "ordinary"
    config, base = home / "config.yaml", home / "base.raw"
    config.write_text(RECIPE)
    shutil.copy(disk.raw, base)
    keelson.program = shutil.copy(keelson.program, home / "keelson")
    for path in (config, base):
        shutil.chown(path, ORDINARY, ORDINARY)
    output = home / "out.raw"
    keelson.run("customize", "-i", base, "-c", config, "-o", output, prefix=prefix, cache=home / "cache",
                environment={"HOME": str(home), "TMPDIR": str(home)}).expect(0)
    require(output.stat().st_uid == ORDINARY, "the output belongs to somebody else")
    require(digest(output) == expected, "the bytes differ")


main()
