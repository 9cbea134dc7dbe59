"""`keelson inspect` on container images and tars that are made by hand. A test per case: `containers.py PROGRAM CASE`."""
import json
import os
import shutil
import subprocess
import tarfile

from layouts import ELF, PACK, ROOT, Layout, files, folder, link, member, save, tar_of
from program import Skip, case, main, require

RUN = {"User": "app", "WorkingDir": "/srv", "Entrypoint": ["/bin/app"], "Cmd": ["--serve"], "Env": ["PATH=/bin"],
       "ExposedPorts": {"80/tcp": {}}, "Volumes": {"/data": {}}, "Labels": {"maker": "us"}, "StopSignal": "SIGTERM"}


def facts_of(keelson, image):
    return json.loads(keelson.run("inspect", image, "--json").expect(0).out)


def without(facts, *names):
    return {name: value for name, value in facts.items() if name not in names}


@case
def an_oci_layout_is_told_as_folder_and_as_tar(keelson):
    layout = Layout()
    image = layout.image(tar_of(*files(ROOT), member("usr/bin/sh", ELF, mode=0o4755)), pack="+gzip", run=RUN)
    facts = facts_of(keelson, layout.write(keelson.folder / "layout"))
    require(facts["os"]["name"] == "Sample 1", facts["os"])
    require(facts["packages"]["versions"] == {"openssl": "3.5.4-1"}, facts["packages"])
    require(facts["architecture"] == "amd64" and facts["setuid"]["paths"] == ["/usr/bin/sh"], facts["setuid"])
    require(facts["inspection"] == {"kind": "container", "notes": []}, facts["inspection"])
    require("disk" not in facts, facts)
    told = facts["containerImage"]
    require(told["digest"] == image["digest"] and told["format"] == "oci" and told["name"] == "1", told)
    require([layer["compression"] for layer in told["layers"]] == ["gzip"], told)
    require(told["user"] == "app" and told["entrypoint"] == ["/bin/app"] and told["command"] == ["--serve"], told)
    require(told["exposedPorts"] == ["80/tcp"] and told["volumes"] == ["/data"] and told["labels"] == {"maker": "us"}, told)
    archive = layout.write_tar(keelson.folder / "layout.tar")
    require(facts_of(keelson, archive) == facts, "the tar tells something else than the folder")
    page = keelson.run("inspect", archive).expect(0).out
    require("Sample 1" in page and "80/tcp" in page and image["digest"][:19] in page, page)


@case
def every_compression_tells_the_same(keelson):
    tar = tar_of(*files(ROOT), member("usr/share/large", os.urandom(200_000) + bytes(500_000)))
    expected = None
    for pack in PACK:
        layout = Layout()
        layout.image(tar, pack=pack)
        facts = without(facts_of(keelson, layout.write(keelson.folder / f"layout{pack}")), "containerImage")
        require(facts["files"]["sizes"]["/usr"] == 700_000, facts["files"])
        expected = expected or facts
        require(facts == expected, f"{pack} tells something else")


@case
def a_root_and_its_image_tell_the_same(keelson):
    root = keelson.folder / "root"
    for name, text in (ROOT | {"etc/hosts": "x\n", "usr/lib/systemd/system/a.service": "[Unit]\n"}).items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    (root / "etc/link").symlink_to("../usr")
    (root / "usr/bin").mkdir(parents=True)
    (root / "usr/bin/sh").write_bytes(ELF)
    (root / "usr/bin/sh").chmod(0o4755)
    os.mkfifo(root / "etc/pipe")
    with tarfile.open(keelson.folder / "root.tar", "w") as archive:
        archive.add(root, ".")
    tar = (keelson.folder / "root.tar").read_bytes()
    layout = Layout()
    layout.image(tar, pack="+zstd")
    expected = without(facts_of(keelson, root), "inspection")
    for other in (layout.write(keelson.folder / "layout"), keelson.folder / "root.tar", save(keelson.folder / "saved.tar", tar)):
        facts = without(facts_of(keelson, other), "inspection", "containerImage")
        require(facts == expected, f"{other.name}: {[k for k in expected if facts.get(k) != expected[k]]}")


@case
def layers_hide_and_replace(keelson):
    lower = tar_of(*files(ROOT), *files({"opt/gone/a": "", "opt/kept/a": "", "opt/again/old": "", "srv/one": "", "srv/two": ""}),
                   folder("usr"), folder("usr/lib"), link("lib", "usr/lib"), member("etc/machine-id", "0" * 31 + "1\n"))
    upper = tar_of(member("opt/.wh.gone"), folder("opt/again"), member("opt/again/new"), member("opt/again/.wh..wh..opq"),
                   member("srv/.wh.one"), member("lib/through", "abc"), member("etc/hostname", "second\n"),
                   member("etc/machine-id", ""), link("etc/also", "etc/hostname", tarfile.LNKTYPE))
    layout = Layout()
    layout.image(lower, upper, pack="+gzip")
    one = layout.write(keelson.folder / "two-layers")
    flat = Layout()
    flat.image(tar_of(*files(ROOT), *files({"opt/kept/a": "", "opt/again/new": "", "srv/two": "", "usr/lib/through": "abc"}),
                      link("lib", "usr/lib"), member("etc/machine-id"), member("etc/hostname", "second\n"),
                      link("etc/also", "etc/hostname", tarfile.LNKTYPE)))
    facts = without(facts_of(keelson, one), "containerImage")
    require(facts == without(facts_of(keelson, flat.write(keelson.folder / "flat")), "containerImage"), facts)
    require(facts["system"]["hostname"] == "second", facts["system"])
    result = json.loads(keelson.run("diff", one, keelson.folder / "flat", "--json").out)
    require(not result["packages"] and not result["files"]["unowned"] and not result["files"]["byPackage"], result)
    require(all(change["fact"].startswith("containerImage.") for change in result["facts"]), result["facts"])


@case
def the_image_for_this_machine_is_chosen(keelson):
    layout = Layout()
    tar = tar_of(*files(ROOT))
    here = {"x86_64": "amd64", "aarch64": "arm64"}.get(os.uname().machine)
    if here is None:
        raise Skip("neither amd64 nor arm64")
    for architecture in ("amd64", "arm64", "riscv64"):
        layout.image(tar, architecture=architecture)
    # Behind an index of its own, as tools write several platforms of one tag, with an attestation beside them.
    attestation = layout.image(tar, architecture="unknown", listed=False) | {"annotations": {"vnd.docker.reference.type": "attestation-manifest"}}
    layout.index["manifests"].append(attestation)
    layout.index["manifests"] = [layout.blob(layout.index, layout.index["mediaType"])]
    told = facts_of(keelson, layout.write(keelson.folder / "layout"))["containerImage"]
    require(told["architecture"] == here, told)
    several = Layout()
    several.image(tar, name="one", architecture=here)
    several.image(tar, run={"User": "x"}, name="two", architecture=here)
    keelson.run("inspect", several.write(keelson.folder / "several")).expect(3, "cannot choose 'image'", "one (linux/", "two (linux/")
    again = Layout()
    again.image(tar, name="one")
    again.image(tar, name="latest")  # the same under another name
    require(facts_of(keelson, again.write(keelson.folder / "again"))["containerImage"]["name"] == "one", "not the first name")


@case
def what_docker_saves_is_read(keelson):
    lower, upper = tar_of(*files(ROOT)), tar_of(member("etc/.wh.group"), member("etc/hostname", "saved\n"))
    facts = facts_of(keelson, save(keelson.folder / "saved.tar", lower, upper, run=RUN))
    require(facts["system"]["hostname"] == "saved" and facts["containerImage"]["format"] == "docker-archive", facts["system"])
    require(facts["containerImage"]["name"] == "sample:1" and "digest" not in facts["containerImage"], facts["containerImage"])
    twice = save(keelson.folder / "twice.tar", lower, lower, link_last=True)
    require(facts_of(keelson, twice)["os"]["name"] == "Sample 1", "a layer that is a link to another")
    spoiled = bytearray(twice.read_bytes())
    place = spoiled.index(b"Sample 1")
    spoiled[place:place + 8] = b"Sample 2"
    twice.write_bytes(spoiled)
    keelson.run("inspect", twice).expect(5, "its SHA-256 is not what the image's configuration says")


@case
def a_tar_of_a_root_is_read(keelson):
    long_name = "usr/share/" + "n" * 150 + "/" + "m" * 120
    members = [*files(ROOT), member(long_name, "x"), folder("./srv"), member(".wh.kept", "a file, for this is no layer")]
    expected = None
    for form in (tarfile.PAX_FORMAT, tarfile.GNU_FORMAT):
        for pack in PACK:
            file = keelson.folder / f"root{form}{pack}"
            file.write_bytes(PACK[pack](tar_of(*members, form=form)))
            facts = facts_of(keelson, file)
            require(facts["inspection"] == {"kind": "archive", "notes": []}, facts["inspection"])
            require(facts["files"]["count"] == len(ROOT) + 2, facts["files"])
            expected = expected or facts
            require(facts == expected, f"{file} tells something else")
    (keelson.folder / "empty.tar").write_bytes(tar_of(member("a", "b")))
    keelson.run("inspect", keelson.folder / "empty.tar").expect(3, "it holds no system")
    layout = Layout()
    layout.image(tar_of(*files(ROOT)))
    packed = keelson.folder / "layout.tar.gz"
    packed.write_bytes(PACK["+gzip"](layout.write_tar(keelson.folder / "layout.tar").read_bytes()))
    require(facts_of(keelson, packed)["inspection"]["kind"] == "container", "a packed layout")


@case
def the_other_commands_take_them(keelson):
    layout = Layout()
    layout.image(tar_of(*files(ROOT), member("usr/bin/sh", ELF, mode=0o755)), pack="+gzip")
    image = layout.write_tar(keelson.folder / "layout.tar")
    newer = Layout()
    newer.image(tar_of(*files(ROOT | {"var/lib/dpkg/status": ROOT["var/lib/dpkg/status"].replace("3.5.4", "3.5.5")})))
    newer = newer.write(keelson.folder / "newer")
    policy = keelson.folder / "policy.yaml"
    policy.write_text('policy: keelson/1\nname: sample\nrules:\n  - {id: openssl, fact: versions.openssl, versionAtLeast: "3.5"}\n'
                      '  - {id: not-root, fact: containerImage.user, known: true}\n')
    result = keelson.run("check", image, "--policy", policy, "--json")
    verdicts = {row["id"]: row["verdict"] for row in json.loads(result.out)["report"]["rows"]}
    require(verdicts == {"openssl": "pass", "not-root": "unknown"}, verdicts)
    require("3.5.5-1" in keelson.run("diff", image, newer).out, "the difference is not told")
    require("openssl" in keelson.run("sbom", image).expect(0).out, "the bill names no package")
    keelson.run("report", image, "-o", keelson.folder / "report").expect(0)
    require("Sample 1" in next((keelson.folder / "report").glob("*.html")).read_text(), "the report does not name it")


@case
def an_archive_by_skopeo_is_read(keelson):
    if shutil.which("skopeo") is None:
        raise Skip("there is no skopeo")
    layout = Layout()
    layout.image(tar_of(*files(ROOT)), tar_of(member("etc/hostname", "copied\n")), run=RUN)
    source = layout.write(keelson.folder / "layout")
    expected = without(facts_of(keelson, source), "containerImage")
    for target in ("oci:copied", "oci-archive:copied.tar:1", "docker-archive:saved.tar:sample:1"):
        subprocess.run(["skopeo", "--insecure-policy", "copy", "-q", f"oci:{source}:1", target], check=True, cwd=keelson.folder)
        name = target.split(":")[1]
        require(without(facts_of(keelson, keelson.folder / name), "containerImage") == expected, target)


main()
