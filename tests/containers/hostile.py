"""Container images and tars that lie: each ends in one clear error, or is told as it is. `hostile.py PROGRAM CASE`."""
import hashlib
import io
import json
import os
import signal
import subprocess
import tarfile
import time

from layouts import LAYER, ROOT, Layout, files, folder, link, member, tar_of, zstd
from program import case, main, require


def write(keelson, layout, name="layout"):
    path = keelson.folder / name
    return layout.write(path) if not path.exists() else write(keelson, layout, name + "x")


def image_of(keelson, *tars, **how):
    layout = Layout()
    layout.image(*tars, **how)
    return write(keelson, layout)


def refused(keelson, image, code, *texts):
    keelson.run("inspect", image, timeout=60).expect(code, *texts)


def facts_of(keelson, image):
    return json.loads(keelson.run("inspect", image, "--json").expect(0).out)


def digest(content):
    return "sha256:" + hashlib.sha256(content).hexdigest()


@case
def other_digests_and_sizes_are_refused(keelson):
    tar = tar_of(*files(ROOT))

    def spoiled(change):
        layout = Layout()
        layout.image(tar, pack="+gzip")
        change(layout)
        return write(keelson, layout)

    def blob(layout, kind):
        manifest = json.loads(layout.blobs[layout.index["manifests"][0]["digest"][7:]])
        return {"manifest": layout.index["manifests"][0], "config": manifest["config"], "layer": manifest["layers"][0]}[kind]["digest"][7:]

    for kind, words in (("manifest", "cannot verify 'manifest'"), ("config", "cannot verify 'configuration'"), ("layer", "cannot verify 'layer sha256:")):
        def flip(layout, kind=kind):
            name = blob(layout, kind)
            content = bytearray(layout.blobs[name])
            content[len(content) // 2] ^= 1
            layout.blobs[name] = bytes(content)
        refused(keelson, spoiled(flip), 5, words, "its SHA-256 is not what its descriptor says")

        def longer(layout, kind=kind):
            layout.blobs[blob(layout, kind)] += b" "
        refused(keelson, spoiled(longer), 5, words, "and its descriptor says")

        def missing(layout, kind=kind):
            del layout.blobs[blob(layout, kind)]
        refused(keelson, spoiled(missing), 3, "it is not in the image")
    # The layer is what its descriptor says, and not what the configuration says.
    refused(keelson, image_of(keelson, tar, pack="+gzip", diff_ids=[digest(b"another")]), 5, "another SHA-256 than the image's configuration")
    refused(keelson, image_of(keelson, tar, diff_ids=[digest(b"another")]), 5, "its SHA-256 is not what the image's configuration says")
    refused(keelson, image_of(keelson, tar, diff_ids=[digest(tar)] * 2), 3, "names 2 layers, and the manifest 1")

    def escaping(layout):
        layout.index["manifests"][0]["digest"] = "sha256:../../../etc/passwd"
    refused(keelson, spoiled(escaping), 3, "is no SHA-256 digest")

    def without_documents(layout):
        layout.index = "no index"
    refused(keelson, spoiled(without_documents), 3, "index of the image")
    huge = spoiled(lambda layout: None)
    (huge / "index.json").write_bytes(b" " * (5 << 20))
    refused(keelson, huge, 3, "index.json")


@case
def paths_stay_within_the_root(keelson):
    secret = keelson.folder / "secret"
    secret.write_text("root:secret\n")
    for bad, words in (("../x", "'..'"), ("etc/../../x", "'..'"), ("a/" * 300 + "x", "256 folders deep"), ("n" * 300, "255 bytes")):
        refused(keelson, image_of(keelson, tar_of(*files(ROOT), member(bad))), 3, words)
    # Absolute names are meant from the root; symlinks end inside of it, too.
    facts = facts_of(keelson, image_of(keelson, tar_of(*files({"/" + name: text for name, text in ROOT.items()}),
                                                       link("etc/shadow", str(secret)), link("up", "../../../../.."),
                                                       member("up/etc/hostname", "inside\n"))))
    require(facts["system"]["hostname"] == "inside", facts["system"])
    require("secret" not in json.dumps(facts["accounts"] if "accounts" in facts else {}), "a symlink led out")
    refused(keelson, image_of(keelson, tar_of(*files(ROOT), link("a", "b"), link("b", "a"), member("a/x"))), 3, "more than 40 symlinks")
    refused(keelson, image_of(keelson, tar_of(*files(ROOT), member("etc/os-release/x"))), 3, "lies in what is no folder")
    loop = facts_of(keelson, image_of(keelson, tar_of(*files(ROOT), link("etc/hostname", "hostname"))))
    require("hostname" not in loop["system"], loop["system"])


@case
def layers_that_lie_are_refused(keelson):
    def layer(*members):
        return image_of(keelson, tar_of(*files(ROOT), *members))
    refused(keelson, layer(link("a", "nowhere", tarfile.LNKTYPE)), 3, "is a hard link to 'nowhere', which is not there")
    refused(keelson, layer(link("a", "etc", tarfile.LNKTYPE)), 3, "which is not there")
    refused(keelson, layer(link("a", "../../etc/passwd", tarfile.LNKTYPE)), 3, "'..'")
    refused(keelson, layer(link("a", "a", tarfile.LNKTYPE)), 3, "which is not there")
    for name in (".wh.", "etc/.wh..", "etc/.wh..."):
        refused(keelson, layer(member(name)), 3, "is a whiteout of nothing")
    # Whiteouts without end: of nothing, of the same, of whole folders, again and again.
    many = [member(f"d/{'.wh.' if i % 2 else ''}f{i}") for i in range(2000)] + [member(name) for name in ["d/.wh..wh..opq", ".wh.d"] * 2000]
    layout = Layout()
    layout.image(tar_of(*files(ROOT), *files({f"d/e/f{i}": "" for i in range(3000)})), tar_of(*many))
    facts = facts_of(keelson, write(keelson, layout))
    require(facts["files"]["count"] == len(ROOT) + 1000, facts["files"])
    # An entry that says it is larger than its layer; the digests are right.
    whole = tar_of(*files(ROOT), member("large", bytes(100_000)))
    cut = whole[:whole.index(b"large") + 512 + 5000]
    refused(keelson, image_of(keelson, cut), 3, "reaches past the archive's end")
    refused(keelson, image_of(keelson, b"no tar at all " * 100), 3, "wrong checksum")
    layout = Layout()
    layout.image(whole, layers=[layout.blob(zstd(whole)[:-200], LAYER + "+zstd")])
    refused(keelson, write(keelson, layout), 3, "cannot decompress 'zstd'")
    layout = Layout()
    layout.image(whole, layers=[layout.blob(whole, "application/vnd.something")])
    refused(keelson, write(keelson, layout), 3, "its type is 'application/vnd.something'")


@case
def a_bomb_is_refused(keelson):
    # 1.2 GiB of zeros in some 40 KiB.
    bomb = subprocess.run("head -c 1288490189 /dev/zero | zstd -qc", shell=True, check=True, capture_output=True).stdout
    layout = Layout()
    layout.image(b"", diff_ids=[digest(b"")], layers=[layout.blob(bomb, LAYER + "+zstd")])
    refused(keelson, write(keelson, layout), 3, "it unpacks to more than 200 times its size")
    # A sparse file as large as none can be, in a tar of a few kilobytes.
    info, content = member("huge", "12\n", pax_headers={"GNU.sparse.size": str(1 << 61), "GNU.sparse.map": "0,3", "GNU.sparse.name": "huge"})
    facts = facts_of(keelson, image_of(keelson, tar_of(*files(ROOT), (info, content))))
    require(facts["files"]["count"] == len(ROOT) + 1, facts["files"])


@case
def a_tar_that_is_cut_off_is_refused(keelson):
    whole = tar_of(*files(ROOT), member("large", bytes(3000)))
    file = keelson.folder / "root.tar"
    with tarfile.open(fileobj=io.BytesIO(whole)) as archive:
        last = archive.getmembers()[-1]
    for size, words in ((last.offset + 100, "cut off in its header"), (last.offset_data + 100, "reaches past the archive's end"),
                        (last.offset, "its end is missing")):
        file.write_bytes(whole[:size])
        refused(keelson, file, 3, words)
    file.write_bytes(whole)
    facts_of(keelson, file)


@case
def odd_names_and_devices_are_told(keelson):
    name = b"etc/b\xff\xfed".decode("utf-8", "surrogateescape")
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT, encoding="utf-8", errors="surrogateescape") as archive:
        for info, content in [*files(ROOT), member(name, "x", mode=0o4755), member("etc/\x1b[31mred", "x", mode=0o4755),
                              member("dev/sda", type=tarfile.BLKTYPE, devmajor=8, devminor=0, mode=0o666),
                              member("etc/hostname", type=tarfile.CHRTYPE, devmajor=1, devminor=5), member("etc/pipe", type=tarfile.FIFOTYPE)]:
            archive.addfile(info, io.BytesIO(content))
    facts = facts_of(keelson, image_of(keelson, out.getvalue()))
    require(sorted(facts["setuid"]["paths"]) == ["/etc/?[31mred", "/etc/b??d"], facts["setuid"])
    require("hostname" not in facts["system"], "a device was read")


@case
def nothing_is_left_after_a_kill(keelson):
    big = tar_of(*files(ROOT), *[member(f"f{i}", os.urandom(1 << 20)) for i in range(60)])
    image = image_of(keelson, big, pack="+zstd")
    before = sorted(path.name for path in keelson.folder.iterdir())
    for delay in (0.02, 0.1, 0.2, 0.3):
        process = keelson.start("inspect", image, "--json")
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        require(sorted(path.name for path in keelson.folder.iterdir()) == before, "something is left")
    facts_of(keelson, image)


main()
