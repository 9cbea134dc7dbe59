"""Verdicts as SARIF and as JUnit XML, by the schemas of those who read them. A test per case: `reports.py PROGRAM CASE`."""
import json
import shutil
import subprocess

from program import SOURCE, Skip, case, main, require

FIXTURES = SOURCE / "tests/fixtures/reports"
# Every verdict that there is: passed, failed with and without severity, waived, not known, not applicable.
POLICY = """policy: keelson/1
name: all <kinds> & "more"
rules:
  - {id: passes, fact: versions.kernel, versionAtLeast: "6.6", reason: "drivers"}
  - {id: fails, fact: system.locale, equals: C, reason: "<b>", hint: "a & b"}
  - {id: warns, fact: system.hostname, equals: other, severity: warning}
  - {id: waived, fact: system.timeZone, equals: UTC}
  - {id: is-not-known, fact: versions.openssl, versionAtLeast: "3.3"}
  - {id: for-running-machines, fact: services.containerd, equals: active}
waivers:
  - {rule: waived, owner: ada, reason: "a site's own", expires: 2126-01-01}
"""
FACTS = {"schema": "keelson-facts/1", "versions": {"kernel": "6.12"}, "os": {"id": "a"},
         "system": {"hostname": "host\nwith \u00e9", "timeZone": "Europe/Berlin", "locale": "per\u0001missive \ufffe<"}, "inspection": {"kind": "disk", "notes": []}}


def reports(keelson):
    policy, facts = keelson.folder / "policy.yaml", keelson.folder / "a disk's facts.json"
    policy.write_text(POLICY)
    facts.write_text(json.dumps(FACTS))
    result = keelson.run("check", facts, "--policy", policy, "--sarif", "log.sarif", "--junit", "junit.xml", "--json")
    require(result.code == 1, f"exit code {result.code}\n{result.err}")
    verdicts = {row["verdict"] for row in json.loads(result.out)["report"]["rows"]}
    require(verdicts == {"pass", "fail", "warn", "waived", "unknown", "not-applicable"}, f"only {verdicts}")
    return keelson.folder / "log.sarif", keelson.folder / "junit.xml"


@case
def sarif_is_as_its_schema_says(keelson):
    try:
        import jsonschema  # pylint: disable=import-outside-toplevel
    except ImportError:
        raise Skip("python3-jsonschema is not installed") from None
    validator = jsonschema.Draft4Validator(json.loads((FIXTURES / "sarif-2.1.0-rtm.5.schema.json").read_text()))
    log = json.loads(reports(keelson)[0].read_text())
    found = [f"{'/'.join(map(str, error.absolute_path))}: {error.message[:300]}" for error in validator.iter_errors(log)]
    require(not found, "\n".join(found))
    log["runs"][0]["results"][0]["kind"] = "passed"
    require(list(validator.iter_errors(log)), "the check can't fail")


@case
def junit_is_as_jenkins_reads_it(keelson):
    if not shutil.which("xmllint"):
        raise Skip("xmllint is not installed")
    xml = reports(keelson)[1]

    def lint():
        return subprocess.run(["xmllint", "--nonet", "--noout", "--schema", FIXTURES / "jenkins-junit.xsd", xml], check=False,
                              capture_output=True, text=True)
    found = lint()
    require(found.returncode == 0, found.stderr)
    xml.write_text(xml.read_text().replace("<skipped>", "<skipped because=\"\">"))
    require(lint().returncode != 0, "the check can't fail")


@case
def facts_of_a_boot_answer_every_rule(keelson):
    """What is told from outside can't say which services run; what was told from inside can, and that they don't."""
    policy = keelson.folder / "policy.yaml"
    policy.write_text(POLICY)
    inside = {key: value for key, value in FACTS.items() if key != "inspection"}
    for facts, verdict in ((FACTS, "not-applicable"), (inside, "unknown"), ({**inside, "services": {"containerd": "active"}}, "pass")):
        recorded = keelson.folder / "answer.json"
        recorded.write_text(json.dumps({"report": {}, "facts": facts, "seconds": 1.5}))  # as boot --check --json prints it
        result = keelson.run("check", recorded, "--policy", policy, "--json")
        rows = {row["id"]: row["verdict"] for row in json.loads(result.out)["report"]["rows"]}
        require(rows["for-running-machines"] == verdict, f"{rows} instead of {verdict}")


main()
