"""`keelson inspect` and `keelson check` on disks that others made. A test per case: `inspected.py PROGRAM CASE`."""
import json
import random

from disks import MIB, ROOT_UUID, Disk
from program import case, main, require

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


main()
