#!/usr/bin/env python3
"""The schemas of Keelson's resources and the readers in C++ say the same.

    crds.py JUDGE CASE     JUDGE: the program judge_resources; CASE: a function below, with '-' for '_'

A schema is judged here by python3-jsonschema, with what the API server adds to it; what only CEL says is not judged.
The examples are in resources/.
"""
import copy
import datetime
import json
import pathlib
import re
import subprocess
import sys

try:
    import jsonschema
    import yaml
except ModuleNotFoundError:
    print("python3-jsonschema or python3-yaml is not installed")
    sys.exit(77)

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
JUDGE = None


# ---- the schemas, as an API server keeps them -----------------------------------------------------------------------

def pattern(_, expression, value, __):
    # '$' is the end of the text, as in Go, and not also before a last line feed.
    if isinstance(value, str) and not re.search(re.sub(r"\$$", r"\\Z", expression), value):
        yield jsonschema.ValidationError(f"does not match {expression}")


def int_or_string(_, wanted, value, __):
    if wanted and (isinstance(value, bool) or not isinstance(value, (int, str))):
        yield jsonschema.ValidationError("is neither a number nor a text")


def list_type(_, kind, value, schema):
    if not isinstance(value, list):
        return
    keys = value
    if kind == "map":
        keys = [[item.get(key) for key in schema["x-kubernetes-list-map-keys"]] for item in value if isinstance(item, dict)]
    texts = [json.dumps(key, sort_keys=True) for key in keys]
    if kind in ("set", "map") and len(set(texts)) != len(texts):
        yield jsonschema.ValidationError("the same is there twice")


FORMATS = jsonschema.FormatChecker(formats=())


@FORMATS.checks("date-time", raises=ValueError)
def is_moment(value):
    if not isinstance(value, str):
        return True
    if not re.fullmatch(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", value):
        return False
    return bool(datetime.datetime.fromisoformat(value[:19]))


Validator = jsonschema.validators.extend(jsonschema.Draft7Validator, {
    "pattern": pattern, "x-kubernetes-int-or-string": int_or_string, "x-kubernetes-list-type": list_type})


def load(path):
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def read_schemas():
    schemas = {}
    for path in sorted((ROOT / "schema/crds").glob("*.yaml")):
        document = load(path)
        if document["kind"] == "CustomResourceDefinition":
            schemas[document["spec"]["names"]["kind"]] = document["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    return schemas


SCHEMAS = read_schemas()
VALIDATORS = {kind: Validator(schema, format_checker=FORMATS) for kind, schema in SCHEMAS.items()}


def complaint(resource):
    """What the schema says against it; "" when nothing."""
    for error in VALIDATORS[resource["kind"]].iter_errors(resource):
        return f"{'/'.join(map(str, error.absolute_path))}: {error.message[:200]}"
    return ""


def read_and_write(resources):
    """What the readers say against each ("" when nothing), and what the writers make of it."""
    text = "".join(json.dumps(resource) + "\n" for resource in resources)
    done = subprocess.run([JUDGE], input=text, capture_output=True, text=True, timeout=250, check=True)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(resources), f"{len(answers)} answers for {len(resources)} resources"
    return answers


def read_all(resources):
    return [answer["said"] for answer in read_and_write(resources)]


# ---- examples and changes of them -----------------------------------------------------------------------------------

def examples():
    return {path.stem: load(path) for path in sorted((HERE / "resources/good").glob("*.yaml"))}


def steps(pointer):
    return [int(step) if step.isdigit() else step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]


REMOVED = object()


def changed(document, path, value):
    """A copy of it in which the value at the path is another."""
    root = copy.copy(document)
    node = root
    for step in path[:-1]:
        node[step] = copy.copy(node[step])
        node = node[step]
    last = path[-1]
    if value is REMOVED:
        del node[last]
    elif isinstance(node, list) and last == len(node):
        node.append(value)
    else:
        node[last] = value
    return root


def listed(name):
    good = examples()
    for entry in load(HERE / f"resources/{name}.yaml"):
        value = entry["value"] if entry.get("value") is not None else REMOVED
        yield entry, changed(good[entry["of"]], steps(entry["at"]), value)


# ---- changes made by machine ----------------------------------------------------------------------------------------

def places(schema, value, path=()):
    """Every value of a resource, with its schema and path."""
    yield schema, value, path
    if isinstance(value, dict):
        for key, member in value.items():
            inner = schema.get("properties", {}).get(key) or schema.get("additionalProperties")
            if inner:
                yield from places(inner, member, path + (key,))
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from places(schema["items"], item, path + (index,))


def fields(schema, value, path):
    """Every field that a schema has where a resource has an object, and whether it is there. Keys of maps are '*'."""
    if isinstance(value, dict):
        for key, inner in schema.get("properties", {}).items():
            yield path + (key,), key in value
            if key in value:
                yield from fields(inner, value[key], path + (key,))
        for member in value.values() if "additionalProperties" in schema else ():
            yield from fields(schema["additionalProperties"], member, path + ("*",))
    if isinstance(value, list):
        for item in value:
            yield from fields(schema["items"], item, path + ("*",))


def many(items, count):
    """So many entries, different ones where entries are texts."""
    first = items[0]
    if isinstance(first, str):
        return [f"n{i}" for i in range(count)]
    return [first] * count


def text_variants(schema, value):
    most = schema.get("maxLength")
    if "enum" in schema:
        return [*schema["enum"], schema["enum"][0] + "x", schema["enum"][0].swapcase()]
    variants = ["", value + "\n", value + "\x07", "a\x7fb", "a\nb", "-" + value, value + "-", value + ".", value.upper(), " "]
    if most and most < 100_000:
        variants += ["a" * most, "a" * (most + 1), value + "0" * (most + 1 - len(value))]
    return variants


def number_variants(schema):
    for key, step in (("minimum", -1), ("maximum", 1)):
        if key in schema:
            yield from (schema[key], schema[key] + step)
    yield from (1.5, -1, 2**63, 2**64 - 1)


def variants(schema, value):
    yield from (kind for kind in (3, "x", True, [], {}, {"x": 3}) if type(kind) is not type(value))
    if isinstance(value, str):
        yield from text_variants(schema, value)
    elif isinstance(value, bool):
        yield not value
    elif isinstance(value, (int, float)):
        yield from number_variants(schema)
    elif isinstance(value, list) and value:
        yield []
        yield value + [value[0]]
        most = schema.get("maxItems")
        if most:
            yield many(value, most + 1)
        if most and isinstance(value[0], str) and "enum" not in schema["items"]:
            yield many(value, most)
    elif isinstance(value, dict) and "maxProperties" in schema and "properties" not in schema and value:
        member = next(iter(value.values()))
        most = schema["maxProperties"]
        for count in (most, most + 1) if most < 1000 else (most + 1,):
            yield {f"n{i}": member for i in range(count)}


def mutants():
    for name, document in examples().items():
        for schema, value, path in places(SCHEMAS[document["kind"]], document):
            if not path or path[0] not in ("spec", "status"):
                continue
            if len(path) > 1:
                yield name, path, "nothing", changed(document, path, REMOVED)
            if path[-1] == "templatePatch" or "templatePatch" not in path:
                for variant in variants(schema, value):
                    yield name, path, json.dumps(variant)[:60], changed(document, path, variant)


# Where both may differ, as patterns over "path = value", and why.
READERS_TAKE = [
    (r"^\S*(/plan|/status)/.* = \"\"$", "a text of a plan or a status may be empty, which nothing writes"),
    (r"^NodeRollout/status/(counts|observedGeneration)", "it is written, and never read"),
    (r"^NodeRollout/status/conditions\S* = ", "a condition is read as far as it is used"),
    (r"^NodeRollout/status/nodes/\w+/(direction|after) = ", "another word means what no word means"),
    (r"^NodeRollout/status/(reason|whyBack|backingOut|aborted|batchDone|gateMissingSince) = ", "without a phase there is no more to read"),
    (r"^NodePool/status", "it is written, and never read"),
    (r"^NodeRecord/status/drift/findings = ", "the sum is computed"),
]
READERS_KNOW = [
    (r"^MaintenanceWindow/spec/timeZone = ", "which time zones there are"),
    (r"^NodePool/spec/gates/\d+/comparison/measures = ", "that two measures have one name"),
    (r"^NodePool/spec/gates/\d+/comparison/service = nothing", "that a query needs a server"),
    (r"^NodePool/spec/selector/matchExpressions/\d+/(operator|values) = ", "which operators have values"),
    (r"^NodePool/spec/selector/matchExpressions/\d+/key = ", "how long a prefix may be"),
    (r"^NodePool/spec/batches/shares", "that shares rise"),
    (r"^NodeRollout/spec/plan/(poolNodes|batches)", "which nodes stand where"),
    (r"^NodeRollout/status/(phase|since|batch|halts|forgiven|nodes|nodes/\w+) = nothing$", "what a status that has begun must have"),
    (r"^NodeRollout/status/batch = ", "how many batches there are"),
    (r"^NodeRollout/status/(looks/\w+/reason|conditions/\d+/message) = ", "that control characters are not written"),
]


def excused(rules, place):
    return any(re.search(rule, place, re.DOTALL) for rule, _ in rules)


# ---- the cases ------------------------------------------------------------------------------------------------------

def fail_if(lines):
    for line in lines[:40]:
        print(line)
    if lines:
        sys.exit(f"{len(lines)} differences")


def the_files_are_made_from_their_source():
    subprocess.run([sys.executable, ROOT / "tools/make-crds"], check=True)


def examples_are_judged_alike():
    good = examples()
    wrong = [f"{name}: schema: {complaint(document)}" for name, document in good.items() if complaint(document)]
    wrong += [f"{name}: reader: {said}" for name, said in zip(good, read_all(list(good.values()))) if said]
    for file, by_schema in (("bad", True), ("told-by-readers", False)):
        entries = list(listed(file))
        for (entry, document), said in zip(entries, read_all([document for _, document in entries])):
            if not said:
                wrong.append(f"{file}: readers take {entry}")
            if bool(complaint(document)) != by_schema:
                wrong.append(f"{file}: the schema {'takes' if by_schema else 'refuses'} {entry} {complaint(document)}")
    fail_if(wrong)


def schemas_and_readers_refuse_the_same():
    """Every bound, form and type of a schema is one of the reader's, and the other way round."""
    made = list(mutants())
    wrong = []
    refused = 0
    for (name, path, value, document), said in zip(made, read_all([document for *_, document in made])):
        against = complaint(document)
        refused += bool(against)
        place = f"{document['kind']}/{'/'.join(map(str, path))} = {value}"
        if against and not said and not excused(READERS_TAKE, place):
            wrong.append(f"{name}: readers take {place}: {against}")
        if said and not against and not excused(READERS_KNOW, place):
            wrong.append(f"{name}: the schema takes {place}: {said[:300]}")
    print(f"{len(made)} changed resources, {refused} refused by their schema")
    fail_if(wrong)


def fields_are_the_readers():
    """A field that only one of both knows is found: in a spec, readers refuse what they do not know."""
    made = []
    for name, document in examples().items():
        for schema, value, path in places(SCHEMAS[document["kind"]], document):
            if path[:1] == ("spec",) and isinstance(value, dict) and "properties" in schema and "plan" not in path and \
                    document["kind"] != "NodeRecord":
                made.append((f"{name}: {'/'.join(map(str, path))}", changed(document, path + ("unheardOf",), 1)))
    fail_if([f"{place}: readers take a field that they do not know"
             for (place, _), said in zip(made, read_all([document for _, document in made])) if "unheardOf" not in said])
    found = {}
    for document in examples().values():
        for path, there in fields(SCHEMAS[document["kind"]], document, ()):
            # What a rollout holds of its pool has the same schema.
            kind = "NodePool" if path[:2] in (("spec", "gates"), ("spec", "backEnd")) else document["kind"]
            place = "/".join((kind, *path))
            found[place] = found.get(place, False) or there
    fail_if([f"no example has {place}" for place, there in found.items() if not there])
    for part in ("gates", "backEnd"):
        pool, rollout = (SCHEMAS[kind]["properties"]["spec"]["properties"][part] for kind in ("NodePool", "NodeRollout"))
        assert pool == rollout, f"pools and rollouts differ in {part}"


def unknown_fields(schema, value, path=""):
    """Those that an API server would drop."""
    if isinstance(value, dict) and "properties" in schema:
        for key, member in value.items():
            if key in schema["properties"]:
                yield from unknown_fields(schema["properties"][key], member, f"{path}/{key}")
            else:
                yield f"{path}/{key}"
    elif isinstance(value, dict):
        for key, member in value.items():
            yield from unknown_fields(schema.get("additionalProperties", {}), member, f"{path}/{key}")
    elif isinstance(value, list):
        for item in value:
            yield from unknown_fields(schema.get("items", {}), item, path)


def what_is_written_fits():
    """What the controller and nodes write is taken by the schema, and nothing of it is dropped; read again it is the same."""
    written = [answer["written"] for answer in read_and_write(list(examples().values())) if answer.get("written")]
    assert {document["kind"] for document in written} == {"ImageRelease", "NodeRecord", "NodeRollout"}
    wrong = [f"{document['kind']}: {complaint(document)}" for document in written if complaint(document)]
    wrong += [f"{document['kind']}: the schema lacks {place}" for document in written
              for place in unknown_fields(SCHEMAS[document["kind"]], document)]
    wrong += [f"{first['kind']} is another when it is read again: {second}" for first, second in
              zip(written, read_and_write(written)) if second.get("written") != first]
    fail_if(wrong)


if __name__ == "__main__":
    JUDGE = sys.argv[1]
    globals()[sys.argv[2].replace("-", "_")]()
