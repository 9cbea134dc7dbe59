"""Packages of one's own, `--rpm-source`, in `customize` and `build`: .deb files that dpkg-deb made, installed by the dpkg that
the base has, without any archive. A test per case: `packages.py PROGRAM CASE`."""
import hashlib
import json
import pathlib
import re
import shutil
import subprocess

from disks import Disk, debugfs, root_of, tool
from program import Skip, case, main, require

# What dpkg asks for, and the shell of maintainer scripts with a few of its tools.
PROGRAMS = ("dpkg", "dpkg-deb", "dpkg-split", "dpkg-query", "tar", "sh", "rm", "mkdir", "cat", "sleep", "setsid", "ldconfig", "diff",
            "start-stop-daemon", "true")


def architecture():
    return tool("dpkg", "--print-architecture").strip()


def host_programs():
    """The build host's own dpkg with its libraries, to be the base's."""
    files = {}
    for name in PROGRAMS:
        path = shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin")
        if not path:
            raise Skip(f"{name} is not installed")
        files[f"usr/bin/{name}"] = pathlib.Path(path).resolve()
        listed = subprocess.run(["ldd", path], check=False, capture_output=True, text=True).stdout
        for library in re.findall(r"(?:=> )?(/\S+) \(0x", listed):
            files[library[1:]] = pathlib.Path(library).resolve()
    return {**files, "bin/sh": files["usr/bin/sh"]}


def base_with_dpkg(keelson, packages=("dpkg",)):
    status = "".join(f"Package: {name}\nStatus: install ok installed\nArchitecture: {architecture()}\nVersion: 13\nMaintainer: a <a@b.c>\n"
                     "Description: x\n\n" for name in packages)
    lists = {f"var/lib/dpkg/info/{name}.list": "/.\n" for name in packages}
    folders = {f"{name}/.keep": "" for name in ("usr/sbin", "var/lib/dpkg/updates", "var/lib/dpkg/triggers", "var/lib/dpkg/alternatives")}
    return Disk(keelson.folder / "base", files={**host_programs(), "var/lib/dpkg/status": status, **lists, **folders})


def make_deb(folder, name, version="1.0", fields="", scripts=None, content="new\n"):
    tree = folder.parent / f"tree-of-{name}-{version}"
    (tree / "DEBIAN").mkdir(parents=True)
    (tree / "DEBIAN/control").write_text(f"Package: {name}\nVersion: {version}\nArchitecture: {architecture()}\n"
                                         f"Maintainer: Test <test@test.invalid>\n{fields}Description: a package for a test\n")
    for script, text in (scripts or {}).items():
        (tree / "DEBIAN" / script).write_text(text)
        (tree / "DEBIAN" / script).chmod(0o755)
    (tree / "opt").mkdir()
    (tree / "opt" / name).write_text(content)
    folder.mkdir(parents=True, exist_ok=True)
    tool("dpkg-deb", "--root-owner-group", "-Zgzip", "-z1", "--build", tree, folder / f"{name}_{version}.deb")
    shutil.rmtree(tree)


def customize(keelson, disk, recipe, *options, out="out.raw"):
    config, output = keelson.folder / "config.yaml", keelson.folder / out
    config.write_text(recipe)
    return output, keelson.run("customize", "-i", disk.raw, "-c", config, "-o", output, "--disable-base-image-rpm-repos", *options)


def installed(root):
    """Versions by name, of what dpkg's database says is installed."""
    text = debugfs(root, "cat /var/lib/dpkg/status")
    stanzas = [dict(re.findall(r"^([A-Za-z-]+): (.*)$", stanza, re.MULTILINE)) for stanza in text.split("\n\n") if stanza.strip()]
    require(all(stanza["Status"] == "install ok installed" for stanza in stanzas), f"not all is installed: {text}")
    return {stanza["Package"]: stanza["Version"] for stanza in stanzas}


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


@case
def customize_installs_from_a_folder_what_it_is_asked_for(keelson):
    disk = base_with_dpkg(keelson)
    folder, other = keelson.folder / "my debs", keelson.folder / "other"
    make_deb(folder / "below", "alpha", fields="Depends: beta (>= 2)\n", scripts={"postinst": "#!/bin/sh\necho \"$1 $2\" > /opt/said\n"})
    make_deb(folder, "beta", "1.0")
    make_deb(other, "beta", "2.0", content="newer\n")
    make_deb(folder, "unasked")
    before = digest(disk.raw)
    recipe = "os: {packages: {install: [alpha]}}\n"
    output, result = customize(keelson, disk, recipe, "--rpm-source", folder, "--rpm-source", other, "--offline")
    result.expect(0)
    require(digest(disk.raw) == before, "the base was changed")
    root = root_of(output, keelson.folder)
    tool("e2fsck", "-fn", root)
    require(installed(root) == {"dpkg": "13", "alpha": "1.0", "beta": "2.0"}, f"installed are {installed(root)}")
    require(debugfs(root, "cat /opt/beta") == "newer\n" and debugfs(root, "cat /opt/said") == "configure \n", "files or scripts are not as packaged")
    lock = {package["name"]: package for package in json.loads((keelson.folder / "out.lock.json").read_text())["packages"]}
    require(set(lock) == {"alpha", "beta"} and lock["beta"]["sha256"] == digest(other / "beta_2.0.deb"), f"the lock is {lock}")
    again, result = customize(keelson, disk, recipe, "--package-source", folder, "--package-source", other, out="again.raw")
    result.expect(0)
    require(digest(again) == digest(output), "the same again gives other bytes")


@case
def customize_updates_and_removes_with_a_folder(keelson):
    disk = base_with_dpkg(keelson, ("dpkg", "alpha", "beta"))
    folder = keelson.folder / "debs"
    make_deb(folder, "alpha", "14")
    make_deb(folder, "dpkg", "12")  # older than what is there
    output, result = customize(keelson, disk, "os: {packages: {remove: [beta], updateExistingPackages: true}}\n", "--rpm-source", folder)
    result.expect(0)
    root = root_of(output, keelson.folder)
    require(installed(root) == {"dpkg": "13", "alpha": "14"}, f"installed are {installed(root)}")


@case
def what_a_folder_lacks_is_told(keelson):
    disk = base_with_dpkg(keelson)
    folder = keelson.folder / "debs"
    make_deb(folder, "alpha", fields="Depends: gamma\n")
    for recipe, code, texts in (
            ("os: {packages: {install: [alpha]}}\n", 3, ("cannot install 'alpha': alpha needs gamma, but there is no package gamma",)),
            ("os: {packages: {install: [alhpa]}}\n", 4, ("alhpa", "did you mean 'alpha'?"))):
        output, result = customize(keelson, disk, recipe, "--rpm-source", folder)
        result.expect(code, *texts)
        require(not output.exists(), "there is an output")
    (folder / "broken.deb").write_bytes((folder / "alpha_1.0.deb").read_bytes()[:200])
    output, result = customize(keelson, disk, "os: {packages: {install: [alpha]}}\n", "--rpm-source", folder)
    result.expect(3, "broken.deb")
    require(not output.exists(), "there is an output")


@case
def a_package_of_a_folder_that_needs_more_space_than_there_is_is_refused(keelson):
    disk = base_with_dpkg(keelson)
    folder = keelson.folder / "debs"
    make_deb(folder, "large", content="x" * (160 << 20))  # more than the partition holds
    output, result = customize(keelson, disk, "os: {packages: {install: [large]}}\n", "--rpm-source", folder)
    result.expect(3, "but the partition has 150 MiB", "hint: ")
    require(not output.exists(), "there is an output")


if __name__ == "__main__":
    main()
