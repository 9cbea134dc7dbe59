"""Folders with packages as a further source of `lock` and `build`; of `customize`: tests/customize/packages.py."""
import json
import shutil
import subprocess

from archive import Archive
from program import Skip, case, main, require
from real_packages import RealPackages


def published(keelson, archive):
    archive.make_package("beta")
    archive.publish()
    return archive.recipe(keelson.folder / "test.yaml", ["alpha"])


def folder_with_alpha(keelson, archive, fields="Depends: beta\n", scripts=None):
    folder = keelson.folder / "my packages" / "below"
    folder.mkdir(parents=True)
    pool = archive.make_package("alpha", "9.0", fields=fields, scripts=scripts)
    pool.resolve().rename(folder / "alpha.deb")
    pool.unlink()
    return folder.parent


@case
def a_folders_package_is_taken_with_what_it_needs_from_the_archive(keelson):
    with Archive(keelson.folder) as archive:
        recipe = published(keelson, archive)
        folder = folder_with_alpha(keelson, archive)
        keelson.run("lock", recipe, "-o", "test.lock.json").expect(4, "alpha")
        keelson.run("lock", recipe, "-o", "test.lock.json", "--rpm-source", folder).expect(0)
    packages = {package["name"]: package for package in json.loads((keelson.folder / "test.lock.json").read_text())["packages"]}
    require(set(packages) == {"alpha", "beta"} and packages["alpha"]["version"] == "9.0", packages)
    require(packages["alpha"]["url"].startswith("file:///") and packages["alpha"]["url"].endswith("/my%20packages/below/alpha.deb"), packages)


@case
def a_folders_package_is_in_the_image_that_is_built(keelson):
    """Beside the real packages of an archive; afterwards its lock and the cache are enough."""
    if not shutil.which("sfdisk") or not shutil.which("debugfs"):
        raise Skip("sfdisk or debugfs is not installed")
    real = RealPackages(keelson)
    out, rebuilt = keelson.folder / "out", keelson.folder / "rebuilt"
    with Archive(keelson.folder) as archive:
        for package in real.packages():
            archive.add(real.object(package), f"{package['name']}_{package['version'].replace(':', '%3a')}_{package['architecture']}.deb")
        archive.publish()
        requested = [package["name"] for package in real.packages() if package.get("requested")]
        recipe = archive.recipe(keelson.folder / "own.yaml", [*requested, "alpha"], kernel="cloud")
        folder = folder_with_alpha(keelson, archive, fields="Depends: systemd\n", scripts={"postinst": "#!/bin/sh\necho configured > /opt/alpha\n"})
        keelson.run("build", recipe, "-o", out, cache=real.cache).expect(4, "alpha")
        keelson.run("build", recipe, "-o", out, "--rpm-source", folder, cache=real.cache).expect(0)
        require("nothing has changed" in keelson.run("build", recipe, "-o", out, "--rpm-source", folder, cache=real.cache).out, "it was built again")
    lock = out / "own.lock.json"
    alpha = next(package for package in json.loads(lock.read_text())["packages"] if package["name"] == "alpha")
    require(alpha["version"] == "9.0" and alpha["url"].startswith("file:///"), f"the lock says {alpha}")
    packages = json.loads((out / "own.raw.manifest.json").read_text())["packages"]
    require(any(package["name"] == "alpha" and package["version"] == "9.0" for package in packages), "the manifest does not name it")
    shutil.rmtree(folder)
    keelson.run("build", recipe, "--lock", lock, "--offline", "-o", rebuilt, cache=real.cache).expect(0)
    require((rebuilt / "own.raw").read_bytes() == (out / "own.raw").read_bytes(), "from its lock it is another image")
    table = json.loads(subprocess.run(["sfdisk", "--json", out / "own.raw"], check=True, capture_output=True).stdout)["partitiontable"]
    root = f"{out / 'own.raw'}?offset={table['partitions'][-1]['start'] * 512}"
    def read(path):
        return subprocess.run(["debugfs", "-R", f"cat {path}", root], check=True, capture_output=True, text=True).stdout
    require(read("/usr/share/alpha/content") == "content\n" and read("/opt/alpha") == "configured\n", "it is not as packaged")
    require("Package: alpha\nStatus: install ok installed\n" in read("/var/lib/dpkg/status"), "dpkg does not know it")


@case
def a_folder_without_packages_or_with_what_is_none_is_refused(keelson):
    with Archive(keelson.folder) as archive:
        recipe = published(keelson, archive)
        (keelson.folder / "empty").mkdir()
        keelson.run("lock", recipe, "--package-source", keelson.folder / "empty").expect(3, "it holds no .deb file")
        keelson.run("lock", recipe, "--rpm-source", keelson.folder / "nowhere").expect(4, "no such folder")
        keelson.run("lock", recipe, "--rpm-source", recipe).expect(3, "it is no folder")
        (keelson.folder / "empty" / "x.deb").write_text("no package")
        keelson.run("lock", recipe, "--rpm-source", keelson.folder / "empty").expect(3, "x.deb")


@case
def a_package_that_says_where_it_lies_is_refused(keelson):
    with Archive(keelson.folder) as archive:
        recipe = published(keelson, archive)
        folder = folder_with_alpha(keelson, archive, fields="Filename: ../../etc/passwd\n")
        keelson.run("lock", recipe, "--rpm-source", folder).expect(3, "its control file has a field 'Filename'")


main()
