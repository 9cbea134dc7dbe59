"""Images whose root or /usr is under dm-verity. A test per case: `verity.py PROGRAM CASE`."""
import json
import os
import pathlib
import shutil
import subprocess

from machines_that_boot import facts_of, flip_a_bit, need, output_of, signing_keys, taken_out
from program import case, main, require
from real_packages import RealPackages, digest

RECIPE = pathlib.Path(__file__).resolve().parent / "verity.yaml"
BLOCK = 4096


def build(keelson, real, recipe):
    """An image that earlier runs may have made, and its kernel's arguments by name. Made again, by one thread, it is the
    same."""
    real.require_mirror(keelson.run("build", recipe, "-o", real.cache / "vm", cache=real.cache))
    one_processor = ["taskset", "--cpu-list", str(min(os.sched_getaffinity(0)))]
    again = keelson.folder / "again"
    keelson.run("build", recipe, "--lock", real.cache / "vm" / f"{recipe.stem}.lock.json", "-o", again, cache=real.cache,
                prefix=one_processor).expect(0)
    require(digest(again / f"{recipe.stem}.raw") == digest(real.cache / "vm" / f"{recipe.stem}.raw"), "two builds of one recipe differ")
    shutil.rmtree(again)
    image = real.cache / "vm" / f"{recipe.stem}.raw"
    line = json.loads(pathlib.Path(f"{image}.manifest.json").read_text())["kernelCommandLine"]
    return image, dict(word.split("=", 1) for word in line.split() if "=" in word)


def signed_image(keelson, real):
    signing_keys(keelson, real)
    recipe = real.cache / "vm/verity.yaml"  # beside the keys
    recipe.write_text(RECIPE.read_text())
    return build(keelson, real, recipe)


@case
def a_verity_root_is_proved(keelson):
    """The kernel has verified the signature of the root hash by the firmware's keys, and from there each block."""
    need("veritysetup", "sfdisk", "dump.erofs", "taskset")
    real = RealPackages(keelson)
    image, arguments = signed_image(keelson, real)
    keys = real.cache / "vm/secure-boot-keys"
    data = taken_out(image, 2, keelson.folder / "data")
    output_of("veritysetup", "verify", data, taken_out(image, 3, keelson.folder / "tree"), arguments["roothash"])

    facts = facts_of(keelson, image, "--secure-boot", keys, cache=real.cache)
    security, system = facts["security"], facts["system"]
    require(security["verity"] == {"root": {"rootHash": arguments["roothash"], "signed": True, "intact": True,
                                            "onCorruption": "panic", "mountPoint": "/"}}, f"verity devices are {security}")
    require(security["secureBoot"] is True, f"the firmware does not enforce Secure Boot: {security}")
    require(system["state"] == "running" and not system["failedUnits"] and system["machineId"] == "fresh", f"it is {system}")
    mounts = {mount["target"]: mount for mount in facts["mounts"]}
    require(mounts["/"]["type"] == "erofs" and "ro" in mounts["/"]["options"].split(","), f"the root is {mounts['/']}")
    require(mounts["/etc"]["type"] == "overlay" and "rw" in mounts["/etc"]["options"].split(","), f"/etc is {mounts['/etc']}")
    require(mounts["/var"]["type"] == "ext4", f"/var is {mounts['/var']}")


# A root that can be written, beside a /usr that is proved; /var grows into the disk that the machine has, and what the
# disk lacks is made on it.
INLINE = """
storage:
  bootType: efi
  disks:
  - partitionTableType: gpt
    partitions:
    - {id: esp, type: esp, start: 1M, size: 128M}
    - {id: root, type: root, size: 256M}
    - {id: usr, type: usr, size: 384M}
    - {id: var, type: var, size: 64M}
  verity:
  - {id: verityusr, name: usr, dataDeviceId: usr, hashDeviceId: usr, corruptionOption: restart}
  filesystems:
  - {deviceId: esp, type: vfat, mountPoint: /boot/efi}
  - {deviceId: root, type: ext4, mountPoint: /}
  - {deviceId: verityusr, type: ext4, mountPoint: {path: /usr, options: ro}}
  - {deviceId: var, type: ext4, mountPoint: {path: /var, options: x-systemd.growfs}}
"""
GROWS = """
  services: {enable: [sizes]}
  additionalFiles:
  - {destination: /usr/lib/repart.d/50-var.conf, content: "[Partition]\\nType=var\\nSizeMaxBytes=512M\\nWeight=1000\\n"}
  - {destination: /usr/lib/repart.d/60-srv.conf, content: "[Partition]\\nType=srv\\nLabel=made\\nFormat=ext4\\nSizeMinBytes=64M\\nWeight=1000\\n"}
  - destination: /usr/lib/systemd/system/srv.mount
    content: |
      [Unit]
      After=systemd-repart.service
      [Mount]
      What=/dev/disk/by-partlabel/made
      Where=/srv
      Type=ext4
  - destination: /usr/lib/systemd/system/sizes.service
    content: |
      [Unit]
      Requires=srv.mount
      After=srv.mount systemd-growfs@var.service
      [Service]
      Type=oneshot
      RemainAfterExit=yes
      StandardOutput=journal+console
      StandardError=journal+console
      ExecStart=/bin/sh -c 'lsblk -b; df -k /var /srv; test $$(stat -f -c "%%b * %%S" /var | xargs expr) -gt 400000000; echo made > /srv/file; echo changed > /etc/written; ! touch /usr/no'
      [Install]
      WantedBy=multi-user.target
"""


def inline_image(keelson, real):
    text = RECIPE.read_text()
    packages = text[text.index("  packages:\n"):text.index("  overlays:")] + "    - systemd-repart\n    - e2fsprogs\n    - fdisk\n"
    os_part = text[text.index("\nos:\n"):text.index("  secureBoot:")] + packages + GROWS + text[text.index("  kernelCommandLine:"):]
    recipe = real.cache / "vm/verity-inline.yaml"
    recipe.write_text(text[:text.index("\nstorage:\n")] + INLINE + os_part)
    return build(keelson, real, recipe)


@case
def a_tree_behind_its_data_verifies(keelson):
    """Not booted: what other people's tools say of the partition, taken out of the disk."""
    need("veritysetup", "sfdisk", "e2fsck", "taskset")
    real = RealPackages(keelson)
    image, arguments = inline_image(keelson, real)
    options = dict(option.split("=") if "=" in option else (option, "") for option in arguments["systemd.verity_usr_options"].split(","))
    require(set(options) == {"hash-offset", "restart-on-corruption"}, f"the options are {options}")
    require(arguments["systemd.verity_usr_data"] == arguments["systemd.verity_usr_hash"], f"the devices are {arguments}")
    change = keelson.folder / "change.yaml"
    change.write_text("previewFeatures: [uki]\nos: {hostname: other, uki: {mode: passthrough}}\n")
    changed = keelson.run("customize", "--image-file", image, "--config-file", change, "--output-image-file", keelson.folder / "o.raw",
                          "--output-image-format", "raw", cache=real.cache)
    changed.expect(3, "its /usr is under dm-verity, and the recipe does not say what becomes of the hash tree")
    usr = taken_out(image, 3, keelson.folder / "usr")
    verify = ["veritysetup", "verify", usr, usr, arguments["usrhash"], f"--hash-offset={options['hash-offset']}"]
    output_of(*verify)
    output_of("e2fsck", "-f", "-n", usr)
    flip_a_bit(usr, 5 * BLOCK + 1)
    changed = subprocess.run([str(word) for word in verify], capture_output=True, check=False)
    require(changed.returncode != 0, "veritysetup verifies what was changed")


@case
def a_usr_is_proved_and_var_grows(keelson):
    """One boot, of the image on a larger disk: ext4 under verity with an inline tree, a root that can be written, and
    systemd-repart, which makes /var larger and the file system of /srv."""
    need("taskset")
    real = RealPackages(keelson)
    image, arguments = inline_image(keelson, real)
    larger = keelson.folder / "larger.raw"
    output_of("cp", "--sparse=always", image, larger)
    output_of("truncate", "--size=2G", larger)
    facts = facts_of(keelson, larger, cache=real.cache)
    console = (keelson.folder / "console").read_text(errors="replace")[-4000:]
    require(facts["security"]["verity"] == {"usr": {"rootHash": arguments["usrhash"], "signed": False, "intact": True,
                                                    "onCorruption": "restart", "mountPoint": "/usr"}}, f"{facts['security']['verity']}")
    require(facts["services"].get("sizes") == "active", f"/var or /srv is not as large as it should be:\n{console}")
    require(facts["system"]["state"] == "running" and not facts["system"]["failedUnits"], f"it is {facts['system']}\n{console}")
    options = {mount["target"]: mount["options"].split(",")[0] for mount in facts["mounts"]}
    require({path: options.get(path) for path in ("/", "/usr", "/var", "/srv")} == {"/": "rw", "/usr": "ro", "/var": "rw", "/srv": "rw"}, f"{options}")


main()
