"""`keelson customize` given what it can't take: one clear error, the exit code that fits, and nothing left. A test per
case: `bad_input.py PROGRAM CASE`."""
import hashlib
import json
import pathlib
import random
import struct

from disks import FILES, MIB, Disk, debugfs, root_of, tool
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
    """Its /etc is /: what the recipe writes below it is in the image's root, never in the host's."""
    names = ("os-release", "passwd", "shadow", "group", "gshadow", "hostname", "fstab")
    files = {name: FILES[f"etc/{name}"] for name in names} | {name: None for name in FILES if name.startswith("etc/")}
    disk = Disk(keelson.folder / "base", files=files)
    root = root_of(disk.raw, keelson.folder)
    tool("debugfs", "-w", "-f", "-", root, input="symlink /etc /\n")
    put_root(disk, root)
    marker = "keelson-test-must-not-be-here"
    config, output = keelson.folder / "config.yaml", keelson.folder / "out.raw"
    config.write_text(f"os: {{hostname: changed, additionalFiles: [{{content: x, destination: /etc/{marker}}}]}}")
    keelson.run("customize", "-i", disk.raw, "-c", config, "-o", output).expect(0)
    root = root_of(output, keelson.folder)
    require(debugfs(root, f"cat /{marker}") == "x" and debugfs(root, "cat /hostname") == "changed\n", "it is not in the image")
    require(not any(pathlib.Path(place, marker).exists() for place in ("/", "/etc")), "it wrote into the host")


@case
def a_table_of_partitions_that_is_no_gpt(keelson):
    base = keelson.folder / "base.raw"
    sector = bytearray(512)
    sector[446:462] = struct.pack("<B3sB3sII", 0x80, b"\0\2\0", 0x83, b"\xff\xff\xff", 2048, 100 * 2048)
    sector[510:] = b"\x55\xaa"
    with open(base, "wb") as disk:
        disk.write(sector)
        disk.truncate(128 * MIB)
    refused(keelson, base, "record 1 has type 0x83: a hybrid or plain MBR", "base.raw", "hint: a disk with a GPT")


@case
def packages_for_an_unknown_distribution(keelson):
    disk = Disk(keelson.folder / "base", files={"etc/os-release": "ID=plan9\nPRETTY_NAME='Plan 9'\n"})
    refused(keelson, disk.raw, "cannot change packages of 'Plan 9'", "hint: ", recipe="os: {packages: {install: [hello]}}")


@case
def a_file_that_is_larger_than_the_free_space(keelson):
    disk = Disk(keelson.folder / "base")
    (keelson.folder / "large").write_bytes(random.Random(1).randbytes(160 * MIB))
    refused(keelson, disk.raw, "but the partition has 150 MiB", "hint: ", recipe="os: {additionalFiles: [{source: large, destination: /large}]}")


def recipe_refused(keelson, base, recipe, *texts):
    """The recipe is at fault: a line that says so, and one finding with its place."""
    config, output = keelson.folder / "config.yaml", keelson.folder / "out.raw"
    config.write_text(recipe)
    result = keelson.run("customize", "-i", base, "-c", config, "-o", output)
    errors = [line for line in result.err.splitlines() if "error: " in line]
    require(result.code == 3 and len(errors) == 2 and errors[1].startswith(f"{config}:1:"), f"{result.code}: {result.err}")
    require(all(text in result.err for text in texts), f"expected {texts}: {result.err}")
    require(not output.exists(), "there is an output")


@case
def paths_of_the_recipe_that_lead_elsewhere(keelson):
    disk = Disk(keelson.folder / "base")
    for recipe, text in (
            ("os: {additionalFiles: [{content: x, destination: /etc/../../x}]}", "has no '..' in it"),
            ("os: {additionalFiles: [{source: ../nothing, destination: /x}]}", "a file that does not exist: '../nothing'"),
            ("scripts: {postCustomization: [{path: ../outside.sh}]}", "must lie below the recipe's folder: '../outside.sh'")):
        recipe_refused(keelson, disk.raw, recipe, text, "hint: ")


@case
def files_that_are_not_what_their_digests_say(keelson):
    disk = Disk(keelson.folder / "base")
    (keelson.folder / "folder/sub").mkdir(parents=True)
    (keelson.folder / "folder/sub/a").write_text("content")
    (keelson.folder / "file").write_text("content")
    right, wrong = hashlib.sha256(b"content").hexdigest(), hashlib.sha256(b"other").hexdigest()
    folder = "os: {additionalDirs: [{source: folder, destination: /opt, sha256hashmap: {MAP}}]}"
    for recipe, text in (
            (f"os: {{additionalFiles: [{{source: file, destination: /x, sha256hash: {wrong}}}]}}", "sha256hash' is not the digest"),
            (f"scripts: {{postCustomization: [{{path: file, sha256hash: {wrong}}}]}}", "sha256hash' is not the digest"),
            (folder.replace("MAP", f"sub/a: {wrong}"), "sha256hashmap.sub/a' is not the digest"),
            (folder.replace("MAP", f"sub/a: {right}, b: {right}"), "sha256hashmap.b' names no file of the folder")):
        recipe_refused(keelson, disk.raw, recipe, text)
    (keelson.folder / "folder/added").write_text("by somebody else")
    recipe_refused(keelson, disk.raw, folder.replace("MAP", f"sub/a: {right}"), "has no digest of the folder's file 'added'", "hint: add added: ")
    (keelson.folder / "folder/added").unlink()
    config, output = keelson.folder / "config.yaml", keelson.folder / "out.raw"
    config.write_text(folder.replace("MAP", f"sub/a: {right}"))
    keelson.run("customize", "-i", disk.raw, "-c", config, "-o", output).expect(0)
    root = root_of(output, keelson.folder)
    require(debugfs(root, "cat /opt/sub/a") == "content", "the file is not there")
    history = json.loads(debugfs(root, "cat /usr/share/image-customizer/history.json"))
    require(history[0]["config"]["os"]["additionalDirs"][0]["sha256hashmap"] == {"sub/a": right}, f"the history is {history}")


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


if __name__ == "__main__":
    main()
