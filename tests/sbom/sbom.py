#!/usr/bin/env python3
"""Bills of materials of whole systems: right by their schemas, complete beside dpkg-query, the same twice.

    tests/sbom/sbom.py KEELSON
"""
import copy
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import urllib.parse

import check_bill

SKIPPED = 77

STATUS = """Package: libstdc++6
Status: install ok installed
Architecture: amd64
Source: gcc-14 (14.2.0-19)
Version: 14.2.0-19+b1
Maintainer: Debian GCC Maintainers <debian-gcc@lists.example.org>
Provides: libstdc++ (= 14)
Description: GNU Standard C++ Library v3
 The runtime.

Package: tool
Status: install ok installed
Architecture: amd64
Version: 1:2.0~rc1-1
Maintainer: Jo\x01 D\xff <no address>
Homepage: javascript:alert(1)
Pre-Depends: libstdc++ (>= 12), ghost | libstdc++6
Depends: tool-data (= 1:2.0~rc1-1)
Description: does things

Package: tool-data
Status: install ok installed
Architecture: all
Source: tool
Version: 1:2.0~rc1-1
Description: things

Package: gone
Status: deinstall ok config-files
Architecture: all
Version: 1
"""
COPYRIGHTS = {
    "libstdc++6": "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\n"
                  "Files: *\nLicense: GPL-3+ with GCC exception\n\nFiles: a\nLicense: GPL-2+ or Perl, and mine\n\n"
                  "License: mine\n All \x02 mine.\n",
    "tool": "Written by Jo.\nSee /usr/share/common-licenses/BSD.\n",
}


def require(condition, message):
    if not condition:
        raise AssertionError(message)


def make_system(folder):
    (folder / "etc").mkdir(parents=True)
    (folder / "etc/os-release").write_text('ID=debian\nVERSION_ID="13"\nPRETTY_NAME="Debian GNU/Linux 13 (trixie)"\n')
    (folder / "var/lib/dpkg").mkdir(parents=True)
    status = folder / "var/lib/dpkg/status"
    status.write_bytes(STATUS.encode("latin-1"))
    os.utime(status, (1_700_000_000, 1_700_000_000))
    for name, text in COPYRIGHTS.items():
        (folder / "usr/share/doc" / name).mkdir(parents=True)
        (folder / "usr/share/doc" / name / "copyright").write_text(text)
    (folder / "usr/share/doc/tool-data").symlink_to("../../../usr/share/doc/tool")


def bill_of(program, system, form, *options):
    def once():
        return subprocess.run([program, "sbom", str(system), "--format", form, *options], check=True, stdout=subprocess.PIPE).stdout
    first = once()
    require(first == once(), f"two bills of {system} differ")
    document = json.loads(first)
    found = check_bill.findings(document)
    require(not found, f"{form} of {system}:\n  " + "\n  ".join(found[:20]))
    return document


def check_made_up(program, folder):
    make_system(folder)
    spdx, cyclonedx = bill_of(program, folder, "spdx"), bill_of(program, folder, "cyclonedx")
    expected = {
        "pkg:deb/debian/libstdc%2B%2B6@14.2.0-19%2Bb1?arch=amd64&distro=debian-13&upstream=gcc-14%4014.2.0-19",
        "pkg:deb/debian/tool@1:2.0~rc1-1?arch=amd64&distro=debian-13",
        "pkg:deb/debian/tool-data@1:2.0~rc1-1?arch=all&distro=debian-13&upstream=tool",
    }
    for document in (spdx, cyclonedx):
        require(sorted(check_bill.package_urls(document)) == sorted(expected), f"{check_bill.package_urls(document)}")
    require(spdx["creationInfo"]["created"] == "2023-11-14T22:13:20Z", spdx["creationInfo"]["created"])
    packages = {each["name"]: each for each in spdx["packages"] if each["SPDXID"].startswith("SPDXRef-Package-")}
    declared = packages["libstdc++6"]["licenseDeclared"]
    require(declared.startswith("GPL-3.0-or-later WITH GCC-exception-3.1 AND "
                                "((GPL-2.0-or-later OR (Artistic-1.0-Perl OR GPL-1.0-or-later)) AND LicenseRef-mine-")
            or declared.startswith("GPL-3.0-or-later WITH GCC-exception-3.1 AND "
                                   "(GPL-2.0-or-later OR (Artistic-1.0-Perl OR GPL-1.0-or-later)) AND LicenseRef-mine-"),
            declared)
    require("BSD in /usr/share/common-licenses" in packages["tool-data"]["licenseComments"], packages["tool-data"])
    needs = {each["ref"]: each.get("dependsOn", []) for each in cyclonedx["dependencies"]}
    tool = next(ref for ref in needs if "/tool@" in ref)
    require(len(needs[tool]) == 2, f"{needs[tool]}")


def check_files(program, system):
    (system / "usr/bin").mkdir()
    (system / "usr/bin/tool").write_bytes(b"program\n")
    (system / "usr/bin/link").symlink_to("tool")
    (system / os.fsdecode(b"bad\xff\nname")).write_bytes(b"")
    (system / "var/lib/dpkg/info").mkdir()
    (system / "var/lib/dpkg/info/tool.list").write_text("/.\n/bin\n/bin/tool\n/usr/share/doc/tool/copyright\n")
    spdx, cyclonedx = bill_of(program, system, "spdx", "--files"), bill_of(program, system, "cyclonedx", "--files")
    everything = {str(path.relative_to(system)): path for path in system.rglob("*")
                  if path.is_file() and not path.is_symlink()}
    names = {each["fileName"]: each for each in spdx["files"]}
    require(len(names) == len(everything) == 7, f"{sorted(names)} {sorted(everything)}")
    for name, path in everything.items():
        if not name.startswith("bad"):
            sums = {each["algorithm"]: each["checksumValue"] for each in names["./" + name]["checksums"]}
            require(sums["SHA256"] == hashlib.sha256(path.read_bytes()).hexdigest(), name)
            require(sums["SHA1"] == hashlib.sha1(path.read_bytes()).hexdigest(), name)
    tool = next(each for each in cyclonedx["components"] if each["name"] == "tool")
    require([each["name"] for each in tool["components"]] == ["/usr/bin/tool", "/usr/share/doc/tool/copyright"], f"{tool}")
    require(sum(each["type"] == "file" for each in cyclonedx["components"]) == 5, "files without a package")


def check_against_dpkg(program):
    """This machine's own packages, as dpkg-query tells them: each exactly once, with its version and source."""
    form = "${db:Status-Status}\\t${Package}\\t${Version}\\t${Architecture}\\t${source:Package}\\t${source:Version}\\n"
    lines = subprocess.run(["dpkg-query", "-W", "-f", form], check=True, stdout=subprocess.PIPE, text=True).stdout
    rows = [line.split("\t")[1:] for line in lines.splitlines() if line.startswith("installed\t")]
    for kind in ("spdx", "cyclonedx"):
        document = bill_of(program, "/", kind)
        found = []
        for url in check_bill.package_urls(document):
            path, _, query = url.partition("?")
            name, _, version = path.rpartition("/")[2].partition("@")
            values = dict(each.split("=", 1) for each in query.split("&"))
            name, version = urllib.parse.unquote(name), urllib.parse.unquote(version)
            source, _, source_version = urllib.parse.unquote(values.get("upstream", name)).partition("@")
            found.append([name, version, values["arch"], source, source_version or version])
        require(sorted(found) == sorted(rows), f"{kind}: {len(found)} packages, dpkg-query has {len(rows)}; "
                f"{[each for each in rows if each not in found][:5]} {[each for each in found if each not in rows][:5]}")


def check_that_the_check_can_fail(program, folder):
    spdx, cyclonedx = bill_of(program, folder, "spdx"), bill_of(program, folder, "cyclonedx")

    def broken(document, change):
        spoilt = copy.deepcopy(document)
        change(spoilt)
        require(check_bill.findings(spoilt), f"nothing is found after {change.__name__}")

    def a_relationship_to_nowhere(each):
        each["relationships"][3]["relatedSpdxElement"] = "SPDXRef-nowhere"

    def a_package_twice(each):
        each["packages"].append(each["packages"][2])

    def an_unknown_licence(each):
        each["packages"][2]["licenseDeclared"] = "GPL-17"

    def an_unknown_field(each):
        each["packages"][2]["licence"] = "MIT"

    def a_dependency_on_nothing(each):
        each["dependencies"][0].setdefault("dependsOn", []).append("nothing")

    def a_type_that_is_none(each):
        each["components"][1]["type"] = "package"

    def a_hash_that_is_none(each):
        each["components"][1]["hashes"] = [{"alg": "SHA-256", "content": "x"}]

    for change in (a_relationship_to_nowhere, a_package_twice, an_unknown_licence, an_unknown_field):
        broken(spdx, change)
    for change in (a_dependency_on_nothing, a_type_that_is_none, a_hash_that_is_none):
        broken(cyclonedx, change)


def main():
    program = str(pathlib.Path(sys.argv[1]).resolve())
    try:
        import jsonschema  # pylint: disable=import-outside-toplevel,unused-import
    except ImportError:
        print("skipped: python3-jsonschema is not installed")
        return SKIPPED
    with tempfile.TemporaryDirectory(prefix="keelson-sbom-") as folder:
        system = pathlib.Path(folder) / "system"
        check_made_up(program, system)
        check_files(program, system)
        check_that_the_check_can_fail(program, system)
    check_against_dpkg(program)
    print("bills of a made-up system and of this machine: right")
    return 0


if __name__ == "__main__":
    sys.exit(main())
