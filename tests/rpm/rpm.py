"""Systems of RPM packages as keelson sees them from outside, beside what rpm itself says of the same root."""
import json
import shutil
import sqlite3

from databases import FOLDER, Builder, berkeley_of, blobs_of, ndb_of
from program import SOURCE, case, main, require

QUERY = "%{NAME}\t%|EPOCH?{%{EPOCH}:}|%{VERSION}-%{RELEASE}\t%{ARCH}\n"
LIBRARY_LOG = "* Mon Jan 01 2024 A Person <a@example.org> - 1.0-1\n- first\n"


def make_state(builder, root, version, log=LIBRARY_LOG):
    """A small system: an epoch, a sub-package, an older way to name licences, two kernels, configuration and a ghost."""
    library = builder.build(
        "libthing", version, "1.azl3", changelog=log,
        head="Epoch: 2\nLicense: MIT and (GPLv2+ or ASL 2.0)\nVendor: Example Corporation\nURL: https://example.org/",
        files={"/usr/lib/libthing.so": (f"library {version}\n", ""), "/etc/thing.conf": ("a = 1\n", "%config(noreplace)")},
        sub="%package devel\nSummary: to build with libthing\nLicense: BSD\nRequires: libthing = 2:%{version}\n"
            "%description devel\nA test's.\n%files devel\n%ghost /var/cache/thing\n")
    kernels = [builder.build("kernel", release, "1.azl3", head="License: GPL-2.0-only WITH Linux-syscall-note",
                             files={f"/boot/vmlinuz-{release}": (release, "")}) for release in ("6.6.57.1", "6.6.126.2")]
    tool = builder.build("tool", "3", "1", head="License: Public Domain\nRequires: libthing >= 2:1.0\nRequires: /usr/lib/libthing.so",
                         files={"/usr/bin/tool": ("tool\n", ""), "/usr/share/doc/tool/README": ("read\n", "%doc")})
    containerd = builder.build("containerd2", "2.0.0", "5.azl3", head="License: Apache-2.0", files={"/usr/bin/containerd": ("x", "")})
    builder.install(root, [*library, *kernels[0], *kernels[1], *tool, *containerd])
    return root


def said_by_rpm(builder, root, **options):
    return sorted(builder.rpm(root, "-qa", "--qf", QUERY, **options).splitlines())


def packages_of(keelson, root):
    """As the bill of materials has them, in rpm's form."""
    bill = json.loads(keelson.run("sbom", root).expect(0).out)
    found = []
    for package in bill["packages"]:
        if not package["SPDXID"].startswith("SPDXRef-Package-"):
            continue
        url = package["externalRefs"][0]["referenceLocator"]
        found.append("\t".join([package["name"], package["versionInfo"], url.split("arch=")[1].split("&")[0]]))
    return sorted(found)


@case
def every_form_of_the_database_gives_what_rpm_lists(keelson):
    folder = keelson.folder
    builder = Builder(folder)
    root = make_state(builder, folder / "root", "1.0")
    said = said_by_rpm(builder, root)
    require(len(said) == 6, f"rpm lists {said}")
    require(packages_of(keelson, root) == said, f"SQLite: {packages_of(keelson, root)} is not {said}")
    blobs = blobs_of(root)
    for place in ("var/lib/rpm", "usr/share/rpm"):
        for name in ("Packages", "Packages.db"):
            other = folder / f"{place.replace('/', '-')}-{name}"
            shutil.copytree(root / "etc", other / "etc")
            (other / place).mkdir(parents=True)
            if name == "Packages":
                berkeley_of(blobs, other / place / name)
                again = said_by_rpm(builder, other, folder=place, form="bdb_ro")
                require(again == said, f"rpm reads another list from the hash table: {again}")
            else:
                (other / place / name).write_bytes(ndb_of(blobs))
            require(packages_of(keelson, other) == said, f"{place}/{name}: {packages_of(keelson, other)} is not {said}")


@case
def files_are_of_the_packages_that_rpm_says(keelson):
    folder = keelson.folder
    builder = Builder(folder)
    root = make_state(builder, folder / "root", "1.0")
    (root / "usr/bin/stray").write_text("of nobody")
    bill = json.loads(keelson.run("sbom", root, "--files", "--format", "cyclonedx").expect(0).out)
    owners = {}
    for component in bill["components"]:
        for file in component.get("components", []):
            owners[file["name"]] = component["name"] + "-" + component.get("version", "")
    said = {}
    for line in builder.rpm(root, "-qa", "--qf", "[%{FILENAMES}\t%{=NAME}-%|EPOCH?{%{=EPOCH}:}|%{=VERSION}-%{=RELEASE}\n]").splitlines():
        path, package = line.split("\t")
        if (root / path[1:]).is_file():
            said[path] = package
    require(len(said) == 7, f"rpm names {said}")
    for path, package in said.items():
        require(owners.get(path) == package, f"{path} is of {owners.get(path)}, and rpm says {package}")
    require("/usr/bin/stray" not in owners or owners["/usr/bin/stray"] not in said.values(), "a file of nobody has a package")


@case
def a_bill_has_licences_and_names_that_scanners_know(keelson):
    folder = keelson.folder
    builder = Builder(folder)
    root = make_state(builder, folder / "root", "1.0")
    packages = {p["SPDXID"]: p for p in json.loads(keelson.run("sbom", root).expect(0).out)["packages"]}
    library = packages["SPDXRef-Package-libthing-noarch"]
    require(library["licenseDeclared"] == "MIT AND (GPL-2.0-or-later OR Apache-2.0)", library["licenseDeclared"])
    require(library["supplier"] == "Organization: Example Corporation", library["supplier"])
    url = packages["SPDXRef-Package-libthing-devel-noarch"]["externalRefs"][0]["referenceLocator"]
    require(url == "pkg:rpm/azurelinux/libthing-devel@1.0-1.azl3?arch=noarch&distro=azurelinux-3.0&epoch=2"
                   "&upstream=libthing-1.0-1.azl3.src.rpm", url)
    require(packages["SPDXRef-Package-tool-noarch"]["licenseDeclared"].startswith("LicenseRef-Public-Domain-"), "a guess was made")
    kernels = [p for p in packages.values() if p["name"] == "kernel" and "Package" in p["SPDXID"]]
    require(len(kernels) == 2 and kernels[0]["licenseDeclared"] == "GPL-2.0-only WITH Linux-syscall-note", f"{kernels}")


@case
def two_states_differ_by_package_with_changelogs_and_files(keelson):
    folder = keelson.folder
    builder = Builder(folder)
    old = make_state(builder, folder / "old", "1.0")
    later = "* Tue Jan 02 2024 B Person <b@example.org> - 2:1.1-1\n- CVE-2024-1: mended\n\n" + LIBRARY_LOG
    shutil.rmtree(folder / "build-tool-3-1")
    for each in folder.glob("build-*"):
        shutil.rmtree(each)
    new = make_state(builder, folder / "new", "1.1", later)
    (new / "usr/bin/tool").write_text("edited\n")
    (new / "usr/bin/stray").write_text("of nobody")
    result = keelson.run("diff", old, new, "--json")
    require(result.code == 1, f"the two differ, and diff ended with {result.code}: {result.err}")
    found = json.loads(result.out)
    changes = {row["name"]: row for row in found["packages"]}
    require(set(changes) == {"libthing", "libthing-devel"}, f"{changes}")
    library = changes["libthing"]
    require((library["change"], library["from"], library["to"]) == ("upgraded", "2:1.0-1.azl3", "2:1.1-1.azl3"), f"{library}")
    require(library["changelog"] == [{"version": "1.1-1", "text": "- CVE-2024-1: mended"}], f"{library['changelog']}")
    files = found["files"]
    require([f["path"] for f in files["byPackage"]["libthing"]] == ["/usr/lib/libthing.so"], f"{files['byPackage']}")
    require([f["path"] for f in files["modified"]["tool"]] == ["/usr/bin/tool"], f"{files['modified']}")
    require([f["path"] for f in files["unowned"]] == ["/usr/bin/stray"], f"{files['unowned']}")


@case
def facts_and_policies_know_rpm_systems(keelson):
    folder = keelson.folder
    builder = Builder(folder)
    root = make_state(builder, folder / "root", "1.0")
    found = json.loads(keelson.run("inspect", root, "--json").expect(0).out)
    require(found["packages"]["count"] == 5, f"{found['packages']}")
    require(found["packages"]["versions"]["kernel"] == "6.6.126.2-1.azl3", f"{found['packages']}")
    require(found["versions"]["containerd"] == "2.0.0", f"{found['versions']}")
    result = keelson.run("check", root, "--policy", SOURCE / "policies/azure-linux-3-parity.yaml", "--json")
    verdicts = {rule["id"]: rule["verdict"] for rule in json.loads(result.out)["report"]["rows"]}
    require(verdicts["containerd"] == "pass" and verdicts["identity"] == "pass", f"{verdicts}")


@case
def a_log_that_was_not_brought_in_counts(keelson):
    folder = keelson.folder
    builder = Builder(folder)
    root = make_state(builder, folder / "root", "1.0")
    said = said_by_rpm(builder, root)
    path = root / FOLDER / "rpmdb.sqlite"
    with sqlite3.connect(path) as gone:
        gone.execute("pragma journal_mode = wal")
        gone.execute("pragma wal_autocheckpoint = 0")
        gone.execute("delete from Packages where hnum = (select min(hnum) from Packages)")
        gone.commit()
        copy = folder / "copy"
        shutil.copytree(root, copy)  # as a machine leaves it that loses power
    gone.close()
    facts = json.loads(keelson.run("inspect", copy, "--json").expect(0).out)
    require(any("-wal' holds changes" in note for note in facts["inspection"]["notes"]), f"{facts['inspection']}")
    require(len(packages_of(keelson, copy)) == len(said) - 1, "the log's changes were not read")


if __name__ == "__main__":
    main()
