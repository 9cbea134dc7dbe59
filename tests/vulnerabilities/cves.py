"""What `keelson cves` finds, by hand-made feeds, beside what debsecan finds by the same facts."""
import json
import os
import random
import shutil
import subprocess
import zlib

from program import SOURCE, Skip, case, main, require

FIXTURES = SOURCE / "tests/fixtures/cves"
NOW = ("--now", "2026-11-22", "--feed-date", "2026-11-20")


def make_system(folder, status):
    (folder / "etc").mkdir(parents=True)
    (folder / "etc/os-release").write_text('ID=debian\nVERSION_CODENAME=trixie\nVERSION_ID="13"\n')
    (folder / "etc/fstab").write_text("")
    (folder / "var/lib/dpkg").mkdir(parents=True)
    (folder / "var/lib/dpkg/status").write_text(status)
    return folder


def findings_of(keelson, system, *arguments):
    result = keelson.run("cves", system, *NOW, "--json", *arguments).expect(0)
    return json.loads(result.out)["findings"]


class Facts:
    """Vulnerabilities of made-up packages as each of the two programs wants to be told."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.status, self.tracker, self.names, self.lines = [], {}, [], []
        for number in range(60):
            self.add_package(f"source{number}")

    def add_package(self, source):
        stable, security, unstable = "1:1.2-3", "1:1.2-3+deb13u1", "1:1.4-1"
        installed = self.random.choice([stable, stable, security, unstable])
        for binary in (source, f"lib{source}"):
            self.status.append(f"Package: {binary}\nStatus: install ok installed\nArchitecture: amd64\nSource: {source}\n"
                               f"Version: {installed}\nMaintainer: x\nDescription: x\n")
        for number in range(self.random.randrange(1, 8)):
            self.add_issue(source, f"CVE-2026-{len(self.names) + 1000}", stable, security, unstable)

    def add_issue(self, source, cve, stable, security, unstable):
        letter, urgency = self.random.choice([(" ", "not yet assigned"), ("L", "low"), ("M", "medium"), ("H", "high")])
        kind = self.random.choice(["mended", "open", "nowhere", "old"])
        repositories = {"trixie": stable, "trixie-security": security}
        sid = {"status": "resolved", "fixed_version": unstable, "repositories": {"sid": unstable}, "urgency": urgency}
        ours = {"status": "open", "repositories": repositories, "urgency": urgency}
        fix, others = unstable, ""
        if kind == "mended":
            ours.update(status="resolved", fixed_version=security)
            others = security
        if kind == "old":
            ours.update(status="resolved", fixed_version="1:1.0-1")
            sid["fixed_version"] = fix = "1:1.0-1"
        if kind == "nowhere":
            sid.update(status="open")
            del sid["fixed_version"]
            fix = ""
        self.tracker.setdefault(source, {})[cve] = {"description": "x", "releases": {"trixie": ours, "sid": sid}}
        self.lines.append(f"{source},{len(self.names)},S{letter}?{'F' if kind == 'mended' else ' '},{fix},{others}")
        self.names.append(f"{cve},,x")

    def debsecan_data(self):
        text = "VERSION 1\n" + "".join(f"{each}\n" for each in self.names) + "\n" + "".join(f"{each}\n" for each in self.lines) + "\n\n"
        return zlib.compress(text.encode())


@case
def debsecan_finds_the_same(keelson):
    if not shutil.which("debsecan"):
        raise Skip("debsecan is not installed")
    for seed in range(3):
        facts = Facts(seed)
        folder = keelson.folder / f"seed{seed}"
        system = make_system(folder / "root", "\n".join(facts.status))
        (folder / "tracker.json").write_text(json.dumps(facts.tracker))
        (folder / "data").mkdir()
        (folder / "data/trixie").write_bytes(facts.debsecan_data())
        (folder / "config").write_text("")
        done = subprocess.run(["debsecan", "--suite", "trixie", "--source", f"file://{folder}/data", "--format", "simple",
                               "--status", system / "var/lib/dpkg/status", "--config", folder / "config",
                               "--whitelist", folder / "none", "--history", folder / "none"],
                              capture_output=True, text=True, check=False)
        if "ModuleNotFoundError" in done.stderr:
            raise Skip("debsecan lacks a Python module")
        require(done.returncode == 0, f"debsecan: {done.stderr}")
        theirs = {tuple(line.split()) for line in done.stdout.splitlines()}
        ours = {(finding["id"], package) for finding in findings_of(keelson, system, "--feed", folder / "tracker.json")
                for package in finding["packages"]}
        require(len(theirs) > 50, f"debsecan found only {len(theirs)}")
        require(ours == theirs, f"only keelson: {sorted(ours - theirs)[:5]}; only debsecan: {sorted(theirs - ours)[:5]}")


@case
def an_image_gives_what_its_folder_gives(keelson):
    for tool in ("mke2fs", "sfdisk"):
        if not shutil.which(tool):
            raise Skip(f"{tool} is not installed")
    system = make_system(keelson.folder / "root", (FIXTURES / "status").read_text())
    disk = keelson.folder / "disk.raw"
    with open(disk, "wb") as file:
        file.truncate(48 << 20)
    subprocess.run(["sfdisk", "-q", disk], input="label: gpt\nstart=2048, size=65536, type=linux\n", text=True, check=True,
                   capture_output=True)
    subprocess.run(["mke2fs", "-q", "-t", "ext4", "-d", system, "-E", f"offset={1 << 20}", disk, "32M"], check=True,
                   capture_output=True)
    keelson.run("convert", disk, "disk.vhdx").expect(0)
    feed = ("--feed", FIXTURES / "tracker.json")
    expected = findings_of(keelson, system, *feed)
    require(len(expected) == 7, f"the folder gives {len(expected)} findings")
    for image in ("disk.raw", "disk.vhdx"):
        require(findings_of(keelson, image, *feed) == expected, f"{image} gives others")


@case
def what_is_printed_keeps_its_schema(keelson):
    try:
        import jsonschema
    except ImportError:
        raise Skip("python3-jsonschema is not installed") from None
    schema = json.loads((SOURCE / "schema/vulnerabilities.schema.json").read_text())
    system = make_system(keelson.folder / "root", (FIXTURES / "status").read_text())
    everything = ("--feed", FIXTURES / "tracker.json", "--feed", FIXTURES / "osv", "--feed", FIXTURES / "oval-definitions-trixie.xml",
                  "--vex", FIXTURES / "team.openvex.json", "--fail-on", "critical")
    result = keelson.run("cves", system, *NOW, "--json", *everything).expect(0)
    jsonschema.Draft202012Validator(schema).validate(json.loads(result.out))


def schema_findings(document, name):
    """By a schema of tests/fixtures, CycloneDX's with those that it refers to."""
    try:
        import jsonschema  # pylint: disable=import-outside-toplevel
    except ImportError:
        raise Skip("python3-jsonschema is not installed") from None
    schema = json.loads((SOURCE / "tests/fixtures" / name).read_text())
    kind = jsonschema.validators.validator_for(schema)
    if "sbom/" in name:
        others = [json.loads((SOURCE / "tests/fixtures/sbom" / each).read_text()) for each in ("spdx.schema.json", "jsf-0.82.schema.json")]
        validator = kind(schema, resolver=jsonschema.RefResolver.from_schema(schema, store={each["$id"]: each for each in others}))
    else:
        validator = kind(schema)
    return [f"{'/'.join(map(str, error.absolute_path))}: {error.message[:300]}" for error in validator.iter_errors(document)]


def check_openvex(document):
    found = schema_findings(document, "reports/openvex-0.2.0.schema.json")
    if "KEELSON_OPENVEX_SCHEMA" in os.environ:
        found += schema_findings(document, os.environ["KEELSON_OPENVEX_SCHEMA"])
    require(not found, "\n".join(found))
    for name, change in (("a status", {"status": "harmless"}), ("both reasons", {"justification": "component_not_present",
                                                                                "impact_statement": "x"}), ("a key", {"reason": "x"})):
        spoilt = {**document, "statements": [{**each, **change} for each in document["statements"]]}
        spoilt["statements"] = [{**each, "status": change.get("status", "not_affected")} for each in spoilt["statements"]]
        require(schema_findings(spoilt, "reports/openvex-0.2.0.schema.json"), f"nothing is found with {name}")


def check_cyclonedx(document):
    """The official schema, and that references lead somewhere."""
    found = schema_findings(document, "sbom/cyclonedx-1.6.schema.json")
    require(not found, "\n".join(found))
    require(document["bomFormat"] == "CycloneDX" and document["specVersion"] == "1.6", "no CycloneDX 1.6")
    references = {component["bom-ref"] for component in document["components"]}
    require(len(references) == len(document["components"]), "a bom-ref stands twice")
    for vulnerability in document["vulnerabilities"]:
        require(vulnerability["analysis"]["state"] in ("not_affected", "resolved"), f"{vulnerability}")
        require(vulnerability["analysis"].get("justification", "code_not_reachable") == "code_not_reachable", f"{vulnerability}")
        require(all(each["ref"] in references for each in vulnerability["affects"]), f"{vulnerability}")


@case
def statements_are_valid_and_repeat(keelson):
    system = make_system(keelson.folder / "root", (FIXTURES / "status").read_text())
    feeds = ("--feed", FIXTURES / "tracker.json", "--vex", FIXTURES / "team.openvex.json")
    for form, check in (("openvex", check_openvex), ("cyclonedx", check_cyclonedx)):
        texts = []
        for name, zone in (("one", "UTC"), ("two", "Asia/Tokyo")):
            out = keelson.folder / name
            keelson.run("cves", system, *NOW, *feeds, "--vex-out", out, "--format", form, environment={"TZ": zone}).expect(0)
            texts.append(out.read_text())
        require(texts[0] == texts[1], f"{form} differs between two runs")
        document = json.loads(texts[0])
        check(document)
        require("2026-11-20T00:00:00Z" in texts[0], "its time is not the feed's")
        keelson.run("cves", system, *NOW, *feeds, "--vex-out", "three", "--format", form,
                    environment={"SOURCE_DATE_EPOCH": "1700000000"}).expect(0)
        require("2023-11-14T22:13:20Z" in (keelson.folder / "three").read_text(), "its time is not SOURCE_DATE_EPOCH")
        # What we wrote says nothing about what is vulnerable, and what the team said comes through.
        again = findings_of(keelson, system, "--feed", FIXTURES / "tracker.json", "--vex", keelson.folder / "one")
        require([each["id"] for each in again if "suppressed" in each] == ["CVE-2026-0005"], f"{form} read back: {again}")


@case
def other_feeds_than_debians_are_not_taken_for_silence(keelson):
    system = make_system(keelson.folder / "root", (FIXTURES / "status").read_text())
    alpine = keelson.folder / "alpine.json"
    alpine.write_text(json.dumps({"id": "ALPINE-1", "modified": "2026-11-20T00:00:00Z", "affected": [
        {"package": {"ecosystem": "Alpine:v3.22", "name": "curl"}, "ranges": []}]}))
    keelson.run("cves", system, *NOW, "--feed", alpine).expect(3, "none of its 1 records is about Debian 13")
    text = keelson.folder / "page.html"
    text.write_text("<html><body>404</body></html>")
    keelson.run("cves", system, *NOW, "--feed", text).expect(3, "knows nothing of Debian 13")


main()
