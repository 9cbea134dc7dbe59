#!/usr/bin/env python3
"""`keelson fleet audit` over recorded resources. A test per case: `audit.py KEELSON CASE`."""
import json

from program import SOURCE, Skip, case, main, require

DIGEST, OTHER = "sha256:" + "a" * 64, "sha256:" + "b" * 64
OURS = "keelson.dev/v1alpha1"


def node(name):
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "uid": f"u-{name}", "labels": {"pool": "workers"}},
            "status": {"nodeInfo": {"bootID": "b1", "architecture": "amd64", "kubeletVersion": "v1.32.4"}}}


def record(name, digest=DIGEST, **drift):
    status = {"bootID": "b1", "booted": {"name": "host-2", "imageDigest": digest}, "reported": "2026-11-26T09:00:00Z"}
    if drift:
        status["drift"] = {"checked": "2026-11-26T09:30:00Z", **drift}
    return {"apiVersion": OURS, "kind": "NodeRecord", "metadata": {"name": name, "uid": f"r-{name}"}, "status": status}


def release(name, digest):
    return {"apiVersion": OURS, "kind": "ImageRelease", "metadata": {"name": name, "uid": f"i-{name}"}, "spec": {"imageDigest": digest}}


POOL = {"apiVersion": OURS, "kind": "NodePool", "metadata": {"name": "workers", "uid": "p"},
        "spec": {"selector": {"matchLabels": {"pool": "workers"}}, "release": "host-2"}}
RELEASES = [release("host-1", OTHER), release("host-2", DIGEST), POOL]


def recorded(keelson, *objects):
    file = keelson.folder / "fleet.json"
    file.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": [*RELEASES, *objects]}))
    return file


def audit(keelson, *words):
    return keelson.run("fleet", "audit", "--now", "2026-11-26T10:00:00Z", *words)


@case
def drift_ends_with_1_and_the_document_is_as_its_schema_says(keelson):
    try:
        import jsonschema
    except ImportError as missing:
        raise Skip("python3-jsonschema is not installed") from missing
    page = keelson.folder / "audit.html"
    file = recorded(keelson, node("n1"), node("n2"), node("n3"), node("n4"), record("n1", packages=0),
                    record("n2", packages=1, examples=["packages: <b> 1 is not in the release"]), record("n3", OTHER))
    done = audit(keelson, "--from", file, "--html", page, "--json")
    require(done.code == 1, f"{done}")
    document = json.loads(done.out)
    jsonschema.Draft202012Validator(json.loads((SOURCE / "schema/audit.schema.json").read_text())).validate(document)
    standings = {each["name"]: each["standing"] for each in document["nodes"]}
    require(standings == {"n1": "on-release", "n2": "drifted", "n3": "other-release", "n4": "unknown"}, f"{standings}")
    require(document["nodes"][2]["booted"] == "host-1", f"{document['nodes'][2]}")
    require("&lt;b&gt; 1 is not" in page.read_text() and "<b> 1" not in page.read_text(), "the page is not escaped")
    require(audit(keelson, "--from", file, "--json").out == done.out, "two audits of the same differ")
    table = audit(keelson, "--from", file)
    require("4 nodes: 1 on their release, 1 drifted, 1 on another release, 1 unknown" in table.out, table.out)


@case
def only_drift_fails_unless_more_is_asked_for(keelson):
    require(audit(keelson, "--from", recorded(keelson, node("n1"), record("n1", packages=0))).code == 0, "a node on its release fails")
    file = recorded(keelson, node("n1"), record("n1", OTHER))
    require(audit(keelson, "--from", file).code == 0, "another release fails")
    require(audit(keelson, "--from", file, "--strict").code == 1, "another release does not fail with --strict")


@case
def mistakes_are_told_as_such(keelson):
    broken = keelson.folder / "broken.json"
    broken.write_text('{"kind": "List", "items": [')
    audit(keelson, "--from", broken).expect(3, "broken.json")
    broken.write_text('{"apiVersion": "v1", "kind": "List", "items": []}')
    audit(keelson, "--from", broken).expect(3, "there is no node")
    audit(keelson, "--from", keelson.folder / "nowhere.json").expect(4, "nowhere.json")
    keelson.run("fleet", "audit", "--from", broken, "--now", "soon").expect(2, "--now 'soon'")
    keelson.run("fleet", "audit", "--from", broken, "--stale", "long").expect(2, "--stale 'long'")


if __name__ == "__main__":
    main()
