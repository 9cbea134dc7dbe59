#!/usr/bin/env python3
"""Checks bills of materials: by their JSON schemas, and by what no schema can say.

    tests/sbom/check_bill.py FILE...     SPDX or CycloneDX, told by content; prints what is wrong; exit 1 when anything is

A module as well: findings(document) gives the list of what is wrong with one document.
"""
import hashlib
import json
import os
import pathlib
import re
import sys

SCHEMAS = pathlib.Path(__file__).resolve().parent.parent / "fixtures" / "sbom"
LICENSES = set(json.loads((SCHEMAS / "spdx.schema.json").read_text())["enum"])


def load_schema(name):
    return json.loads((SCHEMAS / name).read_text())


def schema_findings(document, schema):
    import jsonschema  # pylint: disable=import-outside-toplevel
    store = {each["$id"]: each for each in (load_schema("spdx.schema.json"), load_schema("jsf-0.82.schema.json"))}
    resolver = jsonschema.RefResolver.from_schema(schema, store=store)
    validator = jsonschema.Draft7Validator(schema, resolver=resolver)
    return [f"{'/'.join(map(str, error.absolute_path))}: {error.message[:300]}" for error in validator.iter_errors(document)]


def is_exception(name):
    return not name.startswith("LicenseRef-") and ("xception" in name or name == "Linux-syscall-note")


def expression_findings(expression, own):
    """An SPDX expression (2.3, Annex D): names that exist, operators between them, brackets that close."""
    tokens = re.findall(r"[()]|[^\s()]+", expression)
    found, depth, want_name, after_with = [], 0, True, False
    for token in tokens:
        if token == "(":
            depth += 1
            if not want_name:
                found.append("a bracket after a licence")
        elif token == ")":
            depth -= 1
            if want_name or depth < 0:
                found.append("a bracket that closes nothing")
        elif token in ("AND", "OR", "WITH"):
            if want_name:
                found.append(f"{token} without a licence before it")
            want_name, after_with = True, token == "WITH"
        else:
            known = token in own if token.startswith("LicenseRef-") else token in LICENSES
            if not known or after_with != is_exception(token):
                found.append(f"'{token}' is no licence")
            if not want_name:
                found.append(f"'{token}' follows a licence")
            want_name = after_with = False
    if want_name or depth != 0:
        found.append("it ends too early")
    return [f"licence '{expression[:80]}': {each}" for each in found]


def repeated(names):
    seen, twice = set(), []
    for name in names:
        if name in seen:
            twice.append(name)
        seen.add(name)
    return twice


def verification_findings(document):
    """7.9: what is analysed has a code, made of the SHA-1 sums of the files that it contains."""
    sums = {each["SPDXID"]: next(sum["checksumValue"] for sum in each["checksums"] if sum["algorithm"] == "SHA1")
            for each in document.get("files", [])}
    held = {}
    for relation in document["relationships"]:
        if relation["relationshipType"] == "CONTAINS" and relation["relatedSpdxElement"] in sums:
            held.setdefault(relation["spdxElementId"], []).append(sums[relation["relatedSpdxElement"]])
    found = []
    for package in document["packages"]:
        own = held.get(package["SPDXID"])
        code = package.get("packageVerificationCode", {}).get("packageVerificationCodeValue")
        if code != (hashlib.sha1("".join(sorted(own)).encode()).hexdigest() if own else None):
            found.append(f"'{package['SPDXID']}' has the verification code {code}")
    return found


def spdx_findings(document):
    found = schema_findings(document, load_schema("spdx-2.3.schema.json"))
    found += verification_findings(document)
    if os.environ.get("KEELSON_SPDX_SCHEMA"):
        found += schema_findings(document, json.loads(pathlib.Path(os.environ["KEELSON_SPDX_SCHEMA"]).read_text()))
    ids = [document["SPDXID"]] + [each["SPDXID"] for each in document["packages"] + document.get("files", [])]
    found += [f"identifier '{each}' is used twice" for each in repeated(ids)]
    known = set(ids)
    triples = []
    for relation in document["relationships"]:
        triples.append((relation["spdxElementId"], relation["relationshipType"], relation["relatedSpdxElement"]))
        found += [f"relationship with '{each}', which is not there" for each in (triples[-1][0], triples[-1][2])
                  if each not in known]
    found += [f"relationship {each} stands there twice" for each in repeated(triples)]
    if not any(kind == "DESCRIBES" for _, kind, _ in triples):
        found.append("nothing is described")
    reached = {each for relation in triples for each in (relation[0], relation[2])}
    found += [f"'{each}' has no relationship" for each in known - reached]
    own = {each["licenseId"] for each in document.get("hasExtractedLicensingInfos", [])}
    used = set()
    for package in document["packages"]:
        declared = package["licenseDeclared"]
        if declared != "NOASSERTION":
            found += expression_findings(declared, own)
            used |= set(re.findall(r"LicenseRef-[A-Za-z0-9.-]+", declared))
    found += [f"licence text '{each}' belongs to no package" for each in own - used]
    return found


def every_component(document):
    """Components wherever they stand, with the image and the tools."""
    yield document["metadata"]["component"]
    yield from document["metadata"]["tools"]["components"]
    for component in document["components"]:
        yield component
        yield from component.get("components", [])
    for formula in document.get("formulation", []):
        yield from formula.get("components", [])


def cyclonedx_findings(document):
    found = schema_findings(document, load_schema("cyclonedx-1.6.schema.json"))
    refs = [each["bom-ref"] for each in every_component(document)]
    found += [f"bom-ref '{each}' is used twice" for each in repeated(refs)]
    known = set(refs)
    entries = [each["ref"] for each in document["dependencies"]]
    found += [f"'{each}' has its dependencies twice" for each in repeated(entries)]
    found += [f"'{each['bom-ref']}' has no dependencies" for each in document["components"]
              if each["type"] != "file" and each["bom-ref"] not in entries]
    for each in document["dependencies"]:
        found += [f"dependency with '{ref}', which is not there" for ref in [each["ref"]] + each.get("dependsOn", [])
                  if ref not in known]
    for component in document["components"]:
        for license_choice in component.get("licenses", []):
            expression = license_choice["expression"]
            found += expression_findings(expression, set(re.findall(r"LicenseRef-[A-Za-z0-9.-]+", expression)))
    return found


def findings(document):
    return cyclonedx_findings(document) if document.get("bomFormat") == "CycloneDX" else spdx_findings(document)


def package_urls(document):
    """The binary packages' URLs, as often as they stand there."""
    if document.get("bomFormat") == "CycloneDX":
        return [each["purl"] for each in document["components"] if "purl" in each]
    urls = [ref["referenceLocator"] for each in document["packages"] for ref in each.get("externalRefs", [])]
    return [each for each in urls if "arch=source" not in each]


def main():
    wrong = 0
    for name in sys.argv[1:]:
        for finding in findings(json.loads(pathlib.Path(name).read_text())):
            print(f"{name}: {finding}")
            wrong = 1
    return wrong


if __name__ == "__main__":
    sys.exit(main())
