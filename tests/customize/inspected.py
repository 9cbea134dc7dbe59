"""`keelson inspect` and `keelson check` on disks that others made. A test per case: `inspected.py PROGRAM CASE`."""
import json
import random
import shutil
import subprocess

from disks import MIB, ROOT_UUID, Disk
from program import Skip, case, main, require

FILES = {
    "etc/machine-id": "0123456789abcdef0123456789abcdef\n",
    "var/lib/dpkg/status": "Package: containerd\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.7.24~ds1-6\n",
    "usr/lib/modules/6.12/modules.dep": "",
    "etc/systemd/system/multi-user.target.wants/a.service": "",
}
POLICY = """policy: keelson/1
name: sample
rules:
  - {id: containerd, fact: versions.containerd, versionAtLeast: "1.7"}
  - {id: machine-id, fact: system.machineId, equals: fresh}
  - {id: active, fact: services.containerd, equals: active}
"""


def inspect(keelson, image, *options):
    return keelson.run("inspect", image, *options)


def facts_of(keelson, image):
    return json.loads(inspect(keelson, image, "--json").expect(0).out)


@case
def what_is_in_a_disk_is_told_and_judged(keelson):
    disk = Disk(keelson.folder / "base", files=FILES)
    before = disk.raw.read_bytes()
    facts = facts_of(keelson, disk.raw)
    require(facts["os"]["name"] == "Debian GNU/Linux 13 (trixie)", facts["os"])
    require(facts["versions"] == {"containerd": "1.7.24~ds1", "kernel": "6.12"}, facts["versions"])
    require(facts["kernel"]["commandLine"] == f"root=UUID={ROOT_UUID} ro", facts["kernel"])
    require([p["content"] for p in facts["disk"]["partitions"]] == ["vfat", "ext4"], facts["disk"])
    require(facts["disk"]["partitions"][1]["fileSystem"]["uuid"] == ROOT_UUID, facts["disk"])
    require(facts["units"]["enabled"] == ["a.service"], facts["units"])
    require(facts["inspection"] == {"kind": "disk", "notes": []}, facts["inspection"])
    require(inspect(keelson, disk.raw, "--select", "system.machineId").expect(0).out == "fixed\n", "the fact is not selected")
    page = inspect(keelson, disk.raw).expect(0).out
    require("Debian GNU/Linux 13" in page and "\x1b" not in page, page)
    policy = keelson.folder / "policy.yaml"
    policy.write_text(POLICY)
    result = keelson.run("check", disk.raw, "--policy", policy, "--json")
    require(result.code == 1, f"exit code {result.code}")
    verdicts = {row["id"]: row["verdict"] for row in json.loads(result.out)["report"]["rows"]}
    require(verdicts == {"containerd": "pass", "machine-id": "fail", "active": "not-applicable"}, verdicts)
    require(disk.raw.read_bytes() == before, "the image was changed")


@case
def every_format_tells_the_same(keelson):
    disk = Disk(keelson.folder / "base", files=FILES)
    expected = facts_of(keelson, disk.raw)
    for form in ("qcow2", "vhd", "vhdx"):
        image = keelson.folder / f"image.{form}"
        keelson.run("convert", disk.raw, image, "-f", form).expect(0)
        facts = facts_of(keelson, image)
        require(facts["disk"].pop("format") == form, facts["disk"])
        require(facts == {**expected, "disk": {k: v for k, v in expected["disk"].items() if k != "format"}}, f"{form} differs")


@case
def a_broken_disk_is_refused_or_told_about_and_never_crashes(keelson):
    disk = Disk(keelson.folder / "base", files=FILES)
    whole = disk.raw.read_bytes()
    image = keelson.folder / "broken.raw"
    image.write_bytes(whole[: 60 * MIB])
    inspect(keelson, image).expect(3)
    chance = random.Random(1)
    for _ in range(12):
        damaged = bytearray(whole)
        start = chance.choice([1 * MIB, 41 * MIB])  # where the file systems describe themselves
        for _ in range(400):
            damaged[start + chance.randrange(2 * MIB)] = chance.randrange(256)
        image.write_bytes(damaged)
        result = inspect(keelson, image, "--json")
        require(result.code in (0, 3), f"exit code {result.code}\n{result.err}")
        if result.code == 0:
            json.loads(result.out)


PACKERS = {"none": ["cat"], "gzip": ["gzip", "-9"], "xz": ["xz", "--check=crc32"], "lzma": ["xz", "--format=lzma"], "zstd": ["zstd", "-q"],
           "lz4": ["lz4", "-q", "-l", "-9"]}


def archive_of(folder, names):
    return subprocess.run(["cpio", "-o", "-H", "newc", "--quiet"], cwd=folder, check=True, input=("\n".join(names) + "\n").encode(),
                          capture_output=True).stdout


@case
def an_initrd_is_told_whoever_packed_it(keelson):
    """Early microcode by GNU cpio, then an archive by each compressor; and what changed in it between two images."""
    for tool in {words[0] for words in PACKERS.values()} | {"cpio"}:
        if not shutil.which(tool):
            raise Skip(f"{tool} is not installed")
    tree = keelson.folder / "tree"
    for name, text in (("kernel/x86/microcode/AuthenticAMD.bin", "code"), ("usr/bin/tool", "#!/bin/sh\n" * 9999), ("init", "x"),
                       ("usr/lib/modules/6.12/kernel/fs/ext4.ko.xz", "module")):
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(text)
        (tree / name).chmod(0o755 if "/bin/" in name else 0o644)
    names = sorted(str(path.relative_to(tree)) for path in tree.rglob("*"))
    early, late = (archive_of(tree, [name for name in names if name.startswith("kernel") == is_early]) for is_early in (True, False))
    told = set()
    for packer, words in PACKERS.items():
        root = keelson.folder / packer
        (root / "etc").mkdir(parents=True)
        (root / "etc/os-release").write_text("ID=a\n")
        (root / "boot").mkdir()
        packed = subprocess.run(words, input=late, check=True, capture_output=True).stdout
        (root / "boot/initrd.img-6.12").write_bytes(early + packed)
        (initrd,) = facts_of(keelson, root)["initrds"]
        require(initrd["complete"] and initrd["bytes"] == len(early + packed), initrd)
        require([part["compression"] for part in initrd["parts"]] == ["none", packer], initrd["parts"])
        require([part["microcode"] for part in initrd["parts"]] == [True, False], initrd["parts"])
        require(initrd["unpackedBytes"] <= len(early + late) <= initrd["unpackedBytes"] + 1024, initrd)  # zeros behind the first are no part
        require(initrd["modules"] == ["ext4"] and initrd["programs"] == ["usr/bin/tool"], initrd)
        told.add(json.dumps(initrd["files"]))
    require(len(told) == 1, "compressions give different files")
    (tree / "init").write_text("y")
    (keelson.folder / "gzip/boot/initrd.img-6.12").write_bytes(archive_of(tree, [name for name in names if name != "usr/bin/tool"]))
    difference = json.loads(keelson.run("diff", keelson.folder / "xz", keelson.folder / "gzip", "--json").out)
    rows = {row["fact"]: row for row in difference["facts"] if row["fact"].startswith("initrds")}
    require(rows["initrds[name=initrd].files"]["removed"] == ["usr/bin/tool"], rows)
    require(rows["initrds[name=initrd].files.changed"]["added"] == ["init"], rows)


main()
