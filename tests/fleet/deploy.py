#!/usr/bin/env python3
"""deploy/ and the resources, in a real API server.

    deploy.py CONTROLLER CASE      CONTROLLER: the program keelson-controller; CASE: a function below, with '-' for '_'

No example has an empty text where the schema has no `nullable`: the server of the tests takes it for null and refuses
it, because the Go that builds it is newer than it is.
"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import yaml

import crds
import kubernetes
import kubernetes_binaries
import kubernetes_client
from program import SKIPPED, SOURCE, Skip

GROUP = "/apis/keelson.dev/v1alpha1"
OPTIONS = sorted(path.parent for path in (SOURCE / "deploy/options").glob("*/kustomization.yaml"))
# What the server of the tests, 1.20, does not have yet.
LATER = {"ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"}


def program():
    """The machine's own kubectl, or Debian's, which tests/kube/build-server keeps beside the server."""
    if own := shutil.which("kubectl"):
        return own
    built = kubernetes_binaries.find() / "kubectl"
    if not built.exists():
        raise Skip(f"there is no kubectl: it is neither installed nor '{built}'")
    return str(built)


def kustomize(folder):
    done = subprocess.run([program(), "kustomize", folder], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"kubectl kustomize {folder}: {done.stderr}"
    return done.stdout


def kustomized(folder):
    return list(yaml.safe_load_all(kustomize(folder)))


def kubectl(cluster, *words, **more):
    """With a cache of its own: it would keep what this server has in the user's home."""
    return subprocess.run([program(), "--kubeconfig", cluster.kubeconfig, "--cache-dir", cluster.folder / "kubectl", *words],
                          capture_output=True, text=True, check=False, **more)


def apply(cluster, folder):
    """By kubectl, as a user does; an older one knows no rules in CEL, and would refuse them."""
    documents = kustomize(folder).split("\n---\n")
    text = "\n---\n".join(document for document in documents if yaml.safe_load(document)["kind"] not in LATER)
    # policy/v1 came with 1.21; the same fields had an older name.
    text = re.sub(r"^apiVersion: policy/v1$", "apiVersion: policy/v1beta1", text, flags=re.MULTILINE)
    if not text:
        return
    done = kubectl(cluster, "apply", "--validate=false", "-f", "-", input=text)
    assert done.returncode == 0, f"kubectl apply: {done.stderr}"


def wait_for_resources(cluster, documents):
    for document in documents:
        if document["kind"] != "CustomResourceDefinition":
            continue
        path = f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{document['metadata']['name']}"

        def conditions():
            found = cluster.admin.get(path).get("status", {}).get("conditions", [])
            return {entry["type"]: entry for entry in found}
        kubernetes_client.eventually(lambda: conditions().get("Established", {}).get("status") == "True", f"{path} to be served")
        assert "NonStructuralSchema" not in conditions(), conditions()["NonStructuralSchema"]["message"]


# ---- resources ------------------------------------------------------------------------------------------------------

class Examples:
    """Makes resources as they would come to be: spec and status are two requests."""

    def __init__(self, cluster):
        self.admin = cluster.admin
        self.count = 0

    def plural(self, kind):
        return kind.lower() + "s"

    def refusal(self, document):
        """What the server says against it; "" when it takes it."""
        self.count += 1
        name = f"example-{self.count}"
        body = {**document, "metadata": {"name": name}}
        status = body.pop("status", None)
        code, answer = self.admin.ask("POST", f"{GROUP}/{self.plural(document['kind'])}", body)
        if code == 201 and status is not None:
            path = f"{GROUP}/{self.plural(document['kind'])}/{name}/status"
            code, answer = self.admin.ask("PATCH", path, {"status": status}, kubernetes_client.MERGE)
        assert code in (200, 201, 422), f"{code} {answer}"
        return answer["message"] if code == 422 else ""


def judge_examples(cluster):
    examples = Examples(cluster)
    wrong = []
    for name, document in crds.examples().items():
        if said := examples.refusal(document):
            wrong.append(f"the server refuses {name}: {said}")
    for file, refused in (("bad", True), ("told-by-readers", False)):
        for entry, document in crds.listed(file):
            said = examples.refusal(document)
            if bool(said) != refused:
                wrong.append(f"{file}: the server {'takes' if refused else 'refuses'} {entry} {said}")
    crds.fail_if(wrong)


def nothing_is_pruned(cluster):
    """A field that a reader knows and a schema does not would vanish."""
    for name, document in crds.examples().items():
        path = f"{GROUP}/{document['kind'].lower()}s"
        body = {**document, "metadata": {"name": f"kept-{name}"}}
        made = cluster.admin.create(path, body)
        if "status" in document:
            made = cluster.admin.patch(f"{path}/kept-{name}/status", {"status": document["status"]})
        for part in ("spec", "status"):
            assert made.get(part) == document.get(part), f"{name}: {part} is another afterwards: {made.get(part)}"


def what_the_pages_show_is_taken(cluster):
    """Every whole resource in docs/, by kubectl: an unquoted day is a text there."""
    shown = 0
    for page in sorted((SOURCE / "docs").rglob("*.md")):
        for block in re.findall(r"^```yaml\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL):
            if not block.startswith("apiVersion: keelson.dev/v1alpha1"):
                continue
            done = kubectl(cluster, "apply", "-f", "-", input=block)
            assert done.returncode == 0, f"{page.name}: {done.stderr}\n{block}"
            shown += 1
    assert shown >= 4, f"only {shown} resources in docs/"


def kubectl_shows_them(cluster):
    def shown(*words):
        # What a server has of new kinds comes some seconds later than the kinds.
        shutil.rmtree(cluster.folder / "kubectl", ignore_errors=True)
        return kubectl(cluster, *words).stdout
    kubernetes_client.eventually(lambda: "must have left" in shown("explain", "nodepool.spec.strategy.drainTime"), "an explanation")
    table = kubernetes_client.eventually(lambda: shown("get", "keelson"), "kubectl get keelson")
    for words in ("DENIED", "boots without SELinux", "PHASE", "Running", "DRIFT", "ZONE", "Europe/Berlin", "CURRENT"):
        assert words in table, f"kubectl get keelson lacks {words}:\n{table}"


# ---- rights ---------------------------------------------------------------------------------------------------------

def in_group(resource, group):
    name, slash, part = resource.partition("/")
    return f"{name}{'.' if group else ''}{group}{slash}{part}"


def granted(documents):
    """"verb resource[.group][/sub]" of every role that is bound to the controller's account."""
    ours = {document["roleRef"]["name"] for document in documents if document["kind"].endswith("RoleBinding")
            for subject in document["subjects"] if subject["name"] == "keelson-controller"}
    return {f"{verb} {in_group(resource, group)}" for document in documents
            if document["kind"] in ("Role", "ClusterRole") and document["metadata"]["name"] in ours
            for rule in document["rules"] for verb in rule["verbs"] for resource in rule["resources"] for group in rule["apiGroups"]}


# ---- the cases ------------------------------------------------------------------------------------------------------

def a_real_server_takes_all_of_it(_):
    documents = kustomized(SOURCE / "deploy")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="keelson-test-")).resolve()
    try:
        with kubernetes.Kubernetes(folder / "cluster") as cluster:
            apply(cluster, SOURCE / "deploy")
            for option in OPTIONS:
                more = kustomized(option)
                for space in {document["metadata"].get("namespace") for document in more} - {None}:
                    cluster.admin.create("/api/v1/namespaces", {"metadata": {"name": space}}, allow=(409,))
                apply(cluster, option)
            wait_for_resources(cluster, documents)
            judge_examples(cluster)
            nothing_is_pruned(cluster)
            what_the_pages_show_is_taken(cluster)
            kubectl_shows_them(cluster)
            # Twice the same is once.
            apply(cluster, SOURCE / "deploy")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def the_controllers_rights_are_those_that_it_lists(controller):
    listed = subprocess.run([controller, "--print-rights"], capture_output=True, text=True, check=True).stdout
    needed = {line.strip() for line in listed.splitlines() if line.strip()}
    have = granted(kustomized(SOURCE / "deploy"))
    assert needed == have, f"deploy/ lacks {sorted(needed - have)}, and grants for nothing {sorted(have - needed)}"


if __name__ == "__main__":
    try:
        globals()[sys.argv[2].replace("-", "_")](sys.argv[1])
    except Skip as reason:
        print(f"skipped: {reason}")
        sys.exit(SKIPPED)
