"""What only looks into images, given images that are made to harm who looks: facts with one clear note or one clear error, in
bounded memory and processor time, and nothing left. A test per case: `hostile_images.py PROGRAM CASE`."""
import json
import os
import struct

from bad_input import put_root
from disks import MIB, Disk, debugfs, make_tree, root_of, tool
from program import case, main, memory_checks, require

GIB, TIB = 1 << 30, 1 << 40
PACKAGE = "Package: a\nStatus: install ok installed\nArchitecture: all\nVersion: 1\n"
FEED = '{"sample": {"CVE-2026-0001": {"releases": {"trixie": {"status": "open", "repositories": {}, "urgency": "low"}}}}}'


def bounded(keelson, *words, codes=(0,), seconds=60, memory=GIB):
    """Runs it with so much processor time and address space; a sanitizer needs all there is of the latter."""
    limits = [f"--cpu={seconds}"]
    if not any("SAN_OPTIONS" in name for name in memory_checks()):
        limits.append(f"--as={memory}")
    result = keelson.run(*words, prefix=("prlimit", *limits, "--"))
    require(result.code in codes, f"{result.command}\nended with {result.code}:\n{result.err[:2000]}")
    if result.code == 3:
        require(result.err.count("error: ") + result.err.count('{"error":') == 1, f"expected one error:\n{result.err[:2000]}")
    require("internal" not in result.err.lower(), f"it is called our own bug: {result.err[:2000]}")
    return result


def facts_of(keelson, image, **limits):
    return json.loads(bounded(keelson, "inspect", image, "--json", **limits).out)


def others(keelson, image, codes, **limits):
    """All who look into images but inspect: each gives an answer or one error."""
    feed = keelson.folder / "feed.json"
    feed.write_text(FEED)
    output = keelson.folder / "page"
    return {words[0]: bounded(keelson, *words, codes=codes, **limits) for words in (
        ("sbom", image), ("cves", image, "--feed", feed, "--now", "2026-01-02", "--feed-date", "2026-01-01"), ("diff", image, image, "--json"), ("report", image, "-o", output))}


@case
def what_is_cut_short_is_refused_or_noted(keelson):
    disk = Disk(keelson.folder / "base")
    for form in ("raw", "qcow2", "vhd", "vhdx"):
        whole = disk.raw if form == "raw" else disk.as_format(form)
        short = keelson.folder / f"short.{form}"
        data = whole.read_bytes()
        for size in (0, 1, 511, 4096, 1 * MIB, len(data) // 3, len(data) - MIB):
            short.write_bytes(data[:max(size, 0)])
            bounded(keelson, "inspect", short, "--json", codes=(0, 3))


@case
def a_folder_of_a_million_names(keelson):
    """A file's content is said to be a folder: each name in it is one of the same small file."""
    block, names = 4096, 3907 * 256
    disk = Disk(keelson.folder / "base", files={"srv/big": b"", "srv/small": "x", "var/lib/dpkg/status": PACKAGE},
                features=("-b", "4096", "-O", "^metadata_csum"))
    root = root_of(disk.raw, keelson.folder)
    inode = {path: int(debugfs(root, f"stat {path}").split("Inode: ")[1].split()[0]) for path in ("/srv", "/srv/big", "/srv/small")}
    entries = [struct.pack("<IHBB8s", inode["/srv/small"], 16, 8, 1, b"%08x" % name) for name in range(names)]
    # "." takes 12 bytes. The number of the empty file is free again when the folder is written, and given to it.
    entries[:2] = [struct.pack("<IHBB4sIHBB12s", inode["/srv/big"], 12, 1, 2, b".", inode["/srv"], 20, 2, 2, b"..")]
    content = keelson.folder / "entries"
    content.write_bytes(b"".join(entries))
    tool("debugfs", "-w", "-f", "-", root, input=f"cd /srv\nrm big\nwrite {content} big\nset_inode_field big mode 040755\n")
    require(names * 16 % block == 0, "the last block is not full")
    put_root(disk, root)
    facts = facts_of(keelson, disk.raw)
    require(facts["files"]["count"] >= names, facts["inspection"])
    bounded(keelson, "diff", disk.raw, disk.raw, "--json")


@case
def a_package_database_of_a_gigabyte(keelson):
    """Twenty million lines, then a gigabyte of nothing."""
    folder = keelson.folder / "root"
    make_tree(folder)
    status = folder / "var/lib/dpkg/status"
    status.parent.mkdir(parents=True)
    stanza = "Package: p{}\nStatus: install ok installed\nVersion: 1\n\n"
    with open(status, "w") as file:
        file.write("".join(stanza.format(number) for number in range(1_200_000)))
        file.seek(GIB)
        file.write("\n")
    facts = facts_of(keelson, folder)
    require(facts["packages"]["count"] == 200_000, facts["packages"]["count"])
    require(any("/var/lib/dpkg/status" in note for note in facts["inspection"]["notes"]), facts["inspection"])
    others(keelson, folder, codes=(3,))
    # As many as no system has, in a file that is not too large.
    with open(status, "w") as file:
        file.write("".join(stanza.format(number) for number in range(200_001)))
    facts = facts_of(keelson, folder)
    require(any("more than 200,000 packages" in note for note in facts["inspection"]["notes"]), facts["inspection"])
    others(keelson, folder, codes=(3,))


@case
def terabytes_of_nothing_cost_nothing(keelson):
    large = {name: TIB for name in ("etc/group", "srv/sparse", "etc/ssh/sshd_config", "boot/config-6.12", "etc/containerd/config.toml")}
    disk = Disk(keelson.folder / "base", files={"var/lib/dpkg/status": PACKAGE}, sparse=large, size=4 * TIB)
    require(disk.raw.stat().st_size == 4 * TIB, "the disk is not as large")
    facts = facts_of(keelson, disk.raw)
    require(facts["files"]["sizes"]["/srv"] == TIB, facts["files"]["sizes"])
    require(any("'/etc/group' is larger" in note for note in facts["inspection"]["notes"]), facts["inspection"])
    others(keelson, disk.raw, codes=(0,))
    require("more than 64 GiB" in bounded(keelson, "sbom", disk.raw, "--files", codes=(3,)).err, "it would hash terabytes")
    # The same as a folder of this machine.
    folder = keelson.folder / "root"
    make_tree(folder, {"var/lib/dpkg/status": PACKAGE}, large)
    facts_of(keelson, folder)
    others(keelson, folder, codes=(0,))


@case
def names_that_are_no_text_and_devices_in_the_place_of_files(keelson):
    folder = keelson.folder / "root"
    make_tree(folder)
    strange = b"\xff\xc0\x80\n\x1b[31m\xe2\x80\xae.service"
    for place in (b"usr/bin", b"etc/systemd/system/multi-user.target.wants", b"etc/sudoers.d", b"var/lib/dpkg/info", b"etc/ssh"):
        path = os.path.join(os.fsencode(folder), place)
        os.makedirs(path, exist_ok=True)
        with open(os.path.join(path, strange), "wb") as file:
            file.write(b"\xff\x1b[2J\n")
        os.chmod(os.path.join(path, strange), 0o6777)
    root = keelson.folder / "root.img"
    tool("mke2fs", "-q", "-t", "ext4", "-d", folder, root, "64m")
    requests = ""
    for path in ("etc/passwd", "etc/group", "etc/shadow", "boot/vmlinuz-6.12", "var/lib/dpkg/status"):
        requests += f"rm /{path}\ncd /{os.path.dirname(path)}\nmknod {os.path.basename(path)} {'p' if 'shadow' in path else 'c 1 5'}\n"
        (folder / path).unlink(missing_ok=True)
        os.mkfifo(folder / path)
    tool("debugfs", "-w", "-f", "-", root, input=requests)
    disk = Disk(keelson.folder / "base")
    put_root(disk, root)
    for image in (disk.raw, folder):
        result = bounded(keelson, "inspect", image, "--json")
        facts = json.loads(result.out.encode().decode("utf-8", "strict"))
        require("\x1b" not in result.out and "\u001b" not in result.out and facts["users"] == [], facts["users"])
        page = bounded(keelson, "inspect", image).out
        require("\x1b" not in page and "\u202e" not in page, page)
        require("/usr/bin/" in facts["setuid"][0] if isinstance(facts["setuid"], list) else facts["setuid"], facts["setuid"])
        others(keelson, image, codes=(0, 3))


main()
