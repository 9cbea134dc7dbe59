"""What `keelson inspect` and `keelson sbom` list is what dpkg-query lists in the same root, for roots of different kinds, all but the
last made by dpkg itself. A test per case: `package_lists.py PROGRAM CASE`."""
import json
import os
import shutil
import subprocess
import urllib.parse

from program import Skip, case, main, require

INSTALLED = {"installed", "triggers-pending", "triggers-awaited"}


class Root:
    """A root whose database dpkg writes. Maintainer scripts run outside of it: they only say yes or no."""

    def __init__(self, folder, architecture="amd64"):
        self.folder, self.debs, self.architecture = folder / "root", folder / "debs", architecture
        for name in ("var/lib/dpkg/updates", "var/lib/dpkg/info", "var/lib/dpkg/triggers", "etc"):
            (self.folder / name).mkdir(parents=True)
        (self.folder / "var/lib/dpkg/status").touch()
        (self.folder / "etc/os-release").write_text('ID=debian\nVERSION_ID="13"\n')
        (self.folder / "etc/fstab").touch()
        self.debs.mkdir()

    def deb(self, name, version="1.0", architecture=None, fields="", files=(), scripts=()):
        tree = self.debs / "tree"
        (tree / "DEBIAN").mkdir(parents=True)
        architecture = architecture or self.architecture
        (tree / "DEBIAN/control").write_text(f"Package: {name}\nVersion: {version}\nArchitecture: {architecture}\n"
                                             f"Maintainer: T <t@test.invalid>\n{fields}Description: for a test\n")
        for script, text in scripts:
            (tree / "DEBIAN" / script).write_text(text)
            (tree / "DEBIAN" / script).chmod(0o755)
        for path in files:
            (tree / path).parent.mkdir(parents=True, exist_ok=True)
            (tree / path).write_text(name)
        made = self.debs / f"{name}-{version.replace(':', '.')}-{architecture}.deb"
        subprocess.run(["dpkg-deb", "--root-owner-group", "-Znone", "--build", tree, made], check=True, stdout=subprocess.DEVNULL)
        shutil.rmtree(tree)
        return made

    def dpkg(self, *words, code=0, **how):
        # The database is thrown away with the test: nothing has to reach the disk.
        done = subprocess.run(["dpkg", "--root", self.folder, "--force-script-chrootless,unsafe-io,architecture,bad-path", "--log=/dev/null",
                               *words], check=False, capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"}, **how)
        require((done.returncode == 0) == (code == 0), f"dpkg {words}: {done.returncode}\n{done.stdout}{done.stderr}")

    def listed(self):
        """Name, version, state and architecture of each."""
        form = "${Package}\\t${Version}\\t${db:Status-Status}\\t${Architecture}\\n"
        text = subprocess.run(["dpkg-query", "--admindir", self.folder / "var/lib/dpkg", "-W", "-f", form], check=True, capture_output=True,
                              text=True).stdout
        return [line.split("\t") for line in text.splitlines()]


def check(keelson, root, states):
    listed = root.listed()
    require({each[2] for each in listed} == states, f"dpkg-query says {listed}")
    expected = sorted((name, version) for name, version, state, _ in listed if state in INSTALLED)
    packages = json.loads(keelson.run("inspect", root.folder, "--json").expect(0).out)["packages"]
    found = sorted((name.partition(":")[0], version) for name, version in packages["versions"].items())
    require(found == expected and packages["count"] == len(expected), f"{found} instead of {expected}")
    bill = json.loads(keelson.run("sbom", root.folder, "--format", "cyclonedx").expect(0).out)
    urls = [each["purl"] for each in bill["components"] if "purl" in each]
    found = sorted((urllib.parse.unquote(path.rpartition("/")[2].partition("@")[0]), urllib.parse.unquote(path.partition("@")[2]),
                    query.partition("arch=")[2].partition("&")[0]) for path, _, query in (url.partition("?") for url in urls))
    expected = sorted((name, version, arch) for name, version, state, arch in listed if state in INSTALLED)
    require(found == expected, f"{found} instead of {expected}")


def new_root(keelson, architecture="amd64"):
    if os.getuid() != 0 or not shutil.which("dpkg-deb"):
        raise Skip("only root's dpkg writes a database, and it has to be there")
    return Root(keelson.folder, architecture)


@case
def of_a_root_without_usr_merge(keelson):
    root = new_root(keelson, "arm64")
    for name in ("bin", "sbin", "lib", "usr/bin"):
        (root.folder / name).mkdir(parents=True)
    root.dpkg("-i", root.deb("one", "1:2.0~rc1+dfsg-1", files=["bin/one"]), root.deb("all-of-them", architecture="all", files=["sbin/all"]))
    require((root.folder / "bin/one").is_file() and not (root.folder / "bin").is_symlink(), "it is merged")
    check(keelson, root, {"installed"})


@case
def of_packages_that_were_removed_or_are_held(keelson):
    root = new_root(keelson)
    names = ("kept", "held", "removed", "purged")
    conffile = ("conffiles", "/etc/removed.conf\n")
    root.dpkg("-i", *(root.deb(name, files=["etc/removed.conf"] if name == "removed" else ["opt/" + name],
                               scripts=[conffile] if name == "removed" else []) for name in names))
    root.dpkg("--set-selections", input="held hold\n")
    root.dpkg("-r", "removed")
    root.dpkg("-P", "purged")
    require("hold ok installed" in (root.folder / "var/lib/dpkg/status").read_text(), "nothing is held")
    check(keelson, root, {"installed", "config-files"})


@case
def of_packages_that_are_half_way(keelson):
    root = new_root(keelson)
    fails = "#!/bin/sh\nexit 1\n"
    root.dpkg("-i", root.deb("whole", files=["opt/whole"]))
    root.dpkg("-i", root.deb("watcher", files=["opt/watcher"], scripts=[("triggers", "interest /opt/watched\n"), ("postinst", "#!/bin/sh\n")]))
    root.dpkg("--unpack", root.deb("unpacked", files=["opt/unpacked"]))
    root.dpkg("-i", root.deb("half-configured", files=["opt/half"], scripts=[("postinst", fails)]), code=1)
    root.dpkg("-i", root.deb("half-installed", files=["opt/other"], scripts=[("preinst", fails), ("postrm", fails)]), code=1)
    root.dpkg("--no-triggers", "-i", root.deb("puller", files=["opt/watched/a"]))
    check(keelson, root, {"installed", "unpacked", "half-configured", "half-installed", "triggers-pending", "triggers-awaited"})


@case
def of_two_architectures(keelson):
    root = new_root(keelson)
    root.dpkg("--add-architecture", "i386")
    native = subprocess.run(["dpkg", "--print-architecture"], check=True, capture_output=True, text=True).stdout.strip()
    if native != "amd64":
        raise Skip("dpkg's own architecture is the native one of every database")
    same = "Multi-Arch: same\n"
    root.dpkg("-i", *(root.deb("lib", "2.0", arch, same, [f"usr/lib/{arch}/lib.so"]) for arch in ("amd64", "i386")),
              root.deb("foreign-only", "0.9", "i386", files=["opt/foreign"]), root.deb("any", "1", "all", files=["opt/any"]))
    check(keelson, root, {"installed"})


@case
def of_another_release_with_hundreds(keelson):
    """This machine's own database, as a root of its own."""
    root = new_root(keelson)
    shutil.copy("/var/lib/dpkg/status", root.folder / "var/lib/dpkg/status")
    require(len(root.listed()) > 50, "this machine has few packages")
    check(keelson, root, {each[2] for each in root.listed()})


main()
