"""`keelson customize` and dm-verity, on images of real packages: a disk laid out anew with hash trees, a base that is under
verity, its trees made anew. Nothing is booted: veritysetup and openssl judge. A test per case: `verity.py PROGRAM CASE`.
"""
import json
import re
import shutil

from disks import debugfs, tool
from machines_that_boot import files_in, flip_a_bit, need, output_of, partition, signing_keys, taken_out
from program import SOURCE, case, main, require
from programs import section
from real_packages import RealPackages, digest

BASE = f"""
previewFeatures: [base-configs]
baseConfigs: [{{path: {SOURCE}/recipes/minimal.yaml}}]
os: {{packages: {{install: [systemd-cryptsetup]}}}}
"""
ROOT = """
previewFeatures: [uki]
storage:
  bootType: efi
  disks:
  - partitionTableType: gpt
    partitions:
    - {id: esp, type: esp, size: 128M}
    - {id: root, type: root, size: 640M}
    - {id: roothash, type: root-verity, label: roothash, size: 8M}
    - {id: var, type: var, size: 128M}
  verity:
  - {id: verityroot, name: root, dataDeviceId: root, hashDeviceId: roothash, hashDeviceMountIdType: part-label, corruptionOption: panic}
  filesystems:
  - {deviceId: esp, type: vfat, mountPoint: {path: /boot/efi, options: umask=0077}}
  - {deviceId: verityroot, type: ext4, mountPoint: {path: /, options: ro}}
  - {deviceId: var, type: ext4, mountPoint: /var}
os:
  bootloader: {resetType: hard-reset}
  uki: {mode: create}
  ipe: {mode: enforcing}
  secureBoot: {key: KEYS/db.key, certificate: KEYS/db.crt, pcrKey: KEYS/pcr.key}
  overlays:
  - {mountPoint: /etc, lowerDirs: [/etc], upperDir: /var/etc/upper, workDir: /var/etc/work, isInitrdOverlay: true}
"""
RENEWED = """
previewFeatures: [uki, reinitialize-verity]
storage: {reinitializeVerity: all}
os:
  hostname: renewed
  uki: {mode: create}
  secureBoot: {key: KEYS/db.key, certificate: KEYS/db.crt, pcrKey: KEYS/pcr.key}
"""
INLINE = """
previewFeatures: [uki]
storage:
  bootType: efi
  disks:
  - partitionTableType: gpt
    partitions:
    - {id: esp, type: esp, size: 128M}
    - {id: root, type: root, size: 512M}
    - {id: usr, type: usr, size: 512M}
  verity:
  - {id: verityusr, name: usr, dataDeviceId: usr, hashDeviceId: usr, corruptionOption: restart}
  filesystems:
  - {deviceId: esp, type: vfat, mountPoint: {path: /boot/efi, options: umask=0077}}
  - {deviceId: root, type: ext4, mountPoint: /}
  - {deviceId: verityusr, type: ext4, mountPoint: {path: /usr, options: ro}}
os:
  bootloader: {resetType: hard-reset}
  uki: {mode: create}
"""


def base_image(keelson, real):
    recipe = keelson.folder / "base.yaml"
    recipe.write_text(BASE)
    RealPackages.require_mirror(keelson.run("build", recipe, "-o", keelson.folder / "base", cache=real.cache))
    return keelson.folder / "base/base.raw"


def customize(keelson, base, recipe, name):
    config = keelson.folder / "config.yaml"
    config.write_text(recipe)
    output = keelson.folder / name
    return output, keelson.run("customize", "-i", base, "-c", config, "-o", output)


def customized(keelson, *arguments):
    output, result = customize(keelson, *arguments)
    result.expect(0)
    return output


def uki_of(image, folder):
    """Its bytes; an image has one."""
    esp = f"{image}@@{partition(image, 1)[0]}"
    names = [path for path in files_in(esp) if path.startswith("/EFI/Linux/")]
    require(len(names) == 1, f"unified kernel images are {names}")
    copy = folder / "kernel.efi"
    copy.unlink(missing_ok=True)
    output_of("mcopy", "-i", esp, f"::{names[0]}", copy)
    return copy


def arguments_of(uki):
    line = section(uki.read_bytes(), ".cmdline").decode()
    return line.split(), dict(word.split("=", 1) for word in line.split() if "=" in word)


def check_signed(keelson, keys, uki, arguments):
    """The image is signed, the signature of its root hash lies in its initrd and verifies, its policies are of the key."""
    output_of("sbverify", "--cert", keys / "db.crt", uki)
    initrd = section(uki.read_bytes(), ".initrd")
    name = next(option for option in arguments["systemd.verity_root_options"].split(",") if option.startswith("root-hash-signature="))
    begin = initrd.rindex(name.split("=")[1].removeprefix("/").encode() + b"\0")
    place = begin + initrd[begin:].index(b"\x30\x82")
    signature, text = keelson.folder / "p7s", keelson.folder / "hash"
    signature.write_bytes(initrd[place:place + 4 + int.from_bytes(initrd[place + 2:place + 4], "big")])
    text.write_text(arguments["roothash"])
    output_of("openssl", "smime", "-verify", "-inform", "DER", "-in", signature, "-content", text, "-certfile", keys / "db.crt",
              "-nointern", "-noverify", "-binary")
    policies = json.loads(section(uki.read_bytes(), ".pcrsig"))["sha256"]
    public = output_of("openssl", "pkey", "-in", keys / "pcr.key", "-pubout")
    require(section(uki.read_bytes(), ".pcrpkey") == public and len(policies) == 4, f"policies are {policies}")


@case
def a_new_layout_puts_the_system_under_verity(keelson):
    need("veritysetup", "sfdisk", "e2fsck", "sbverify", "openssl", "debugfs")
    real = RealPackages(keelson)
    keys = signing_keys(keelson, real)
    base = base_image(keelson, real)
    recipe = ROOT.replace("KEYS", str(keys))
    image = customized(keelson, base, recipe, "root.raw")
    again = customized(keelson, base, recipe, "again.raw")
    require(digest(again) == digest(image), "the same again gives other bytes")
    again.unlink()
    uki = uki_of(image, keelson.folder)
    words, arguments = arguments_of(uki)
    require("ro" in words and "rw" not in words and words.count("root=/dev/mapper/root") == 1 and "ipe.enforce=1" in words, f"it boots with {words}")
    data, tree = taken_out(image, 2, keelson.folder / "data"), taken_out(image, 3, keelson.folder / "tree")
    output_of("veritysetup", "verify", data, tree, arguments["roothash"])
    output_of("e2fsck", "-f", "-n", data)
    check_signed(keelson, keys, uki, arguments)
    require("/dev/mapper/root / ext4 ro 0 0" in debugfs(data, "cat /etc/fstab").splitlines(), "fstab does not mount the device")
    require("File not found" not in debugfs(data, "stat /usr/lib/ipe/keelson.p7b"), "there is no policy")
    base.unlink()

    # Its layout kept, and all else the same again: the tree and what says so are new.
    _, refused = customize(keelson, image, "previewFeatures: [uki]\nos: {hostname: a, uki: {mode: passthrough}}", "no.raw")
    refused.expect(3, "its / is under dm-verity, and the recipe does not say what becomes of the hash tree", "storage.reinitializeVerity: all")
    renewed = customized(keelson, image, RENEWED.replace("KEYS", str(keys)), "renewed.raw")
    uki = uki_of(renewed, keelson.folder)
    _, after = arguments_of(uki)
    require(after["roothash"] != arguments["roothash"], "the root hash is the same")
    same = [key for key in arguments if key.startswith("systemd.verity_root_") or key == "root"]
    require(all(after[key] == arguments[key] for key in same), f"the devices are {after}")
    taken_out(renewed, 2, data)
    output_of("veritysetup", "verify", data, taken_out(renewed, 3, tree), after["roothash"])
    output_of("e2fsck", "-f", "-n", data)
    require(debugfs(data, "cat /etc/hostname") == "renewed\n", "the change is not there")
    check_signed(keelson, keys, uki, after)

    # What the root hash does not stand for is not read.
    flip_a_bit(renewed, partition(renewed, 2)[0] + (4096 * 3) + 1)
    _, refused = customize(keelson, renewed, RENEWED.replace("KEYS", str(keys)), "no.raw")
    refused.expect(3, "cannot use dm-verity device 'root'", "the image was changed after its hash tree was made")


@case
def a_usr_with_its_tree_behind_it_goes_through(keelson):
    need("veritysetup", "sfdisk", "e2fsck", "debugfs")
    real = RealPackages(keelson)
    image = customized(keelson, base_image(keelson, real), INLINE, "usr.raw")

    def verified(image):
        uki = uki_of(image, keelson.folder)
        words, arguments = arguments_of(uki)
        offset = re.search(r"hash-offset=(\d+)", arguments["systemd.verity_usr_options"]).group(1)
        usr = taken_out(image, 3, keelson.folder / "usr")
        output_of("veritysetup", "verify", usr, usr, arguments["usrhash"], f"--hash-offset={offset}")
        output_of("e2fsck", "-f", "-n", usr)
        require(any(word.startswith("root=UUID=") for word in words), f"it boots with {words}")
        return arguments["usrhash"], usr

    first, _ = verified(image)
    # What is not under verity changes freely; what is does not.
    none = "previewFeatures: [uki, reinitialize-verity]\nstorage: {reinitializeVerity: none}\nos:\n  imageHistory: none\n  uki: {mode: passthrough}\n"
    kept = customized(keelson, image, none + "  hostname: kept\n", "kept.raw")
    require(verified(kept)[0] == first, "the root hash is another one")
    require(debugfs(taken_out(kept, 2, keelson.folder / "root"), "cat /etc/hostname") == "kept\n", "the change is not there")
    addition = "  additionalFiles: [{content: more, destination: /usr/local/share/more}]\n"
    _, refused = customize(keelson, image, none + addition, "no.raw")
    refused.expect(3, "cannot change '/usr': it is under dm-verity", "storage.reinitializeVerity: all")
    renewed = customized(keelson, image, none.replace("none}", "all}").replace("passthrough", "create") + addition, "renewed.raw")
    second, usr = verified(renewed)
    require(second != first and debugfs(usr, "cat /local/share/more") == "more", "the change is not there")
    # And out of it again: the base's /usr is found by what its kernel is told.
    plain = INLINE[:INLINE.index("  verity:")] + INLINE[INLINE.index("  filesystems:"):].replace("verityusr", "usr").replace(", options: ro}}", "}}")
    out = customized(keelson, renewed, plain, "plain.raw")
    words, _ = arguments_of(uki_of(out, keelson.folder))
    require(not any("verity" in word or "usrhash" in word for word in words), f"it boots with {words}")
    require(debugfs(taken_out(out, 3, keelson.folder / "usr"), "cat /local/share/more") == "more", "/usr is not there")
    shutil.rmtree(keelson.folder / "base")


@case
def what_can_not_be_under_verity_is_refused(keelson):
    """Before a base is looked at."""
    base = keelson.folder / "none.raw"
    for change, texts in (
            (("os:\n  bootloader: {resetType: hard-reset}\n  uki: {mode: create}", "os:\n  bootloader: {resetType: hard-reset}"), ["unified kernel images", "uki: {mode: create}"]),
            (("corruptionOption: restart}", "corruptionOption: restart, hashSignaturePath: /a.p7s}"), ["'hashSignaturePath' needs 'os.secureBoot'"]),
    ):
        output, result = customize(keelson, base, INLINE.replace(*change), "no.raw")
        result.expect(3, *texts)
        require(not output.exists(), "there is an output")
    disk = "previewFeatures: [uki]\nstorage:\n  verity:\n  - {id: a, name: usr, dataDevice: {idType: part-label, id: a}, hashDevice: {idType: part-label, id: b}}\n"
    customize(keelson, base, disk + "os: {uki: {mode: create}}\n", "no.raw")[1].expect(
        3, "cannot apply 'storage.verity': this version adds hash trees only to a disk that the recipe lays out")


main()
