"""What tests of a real node in a real cluster share: who the node is, its pods, waiting."""
import os
import pathlib
import shutil
import time

import yaml

from kubernetes_client import eventually
from node_vm import ADDRESS, HOST
from program import SOURCE, Skip, require

NODE = "vm-1"
LABELS = {"pool": "workers"}
PATIENCE = 1800  # seconds for a boot; emulated, it takes two minutes, and on a machine that is busy much more
GRACE = 300  # seconds that the node may be silent: so that it is not given up where it is only slow
BUSYBOX = "localhost/busybox:1"
STAYS = "trap 'exit 0' TERM; while true; do sleep 1; done"
DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
PODS = "/api/v1/namespaces/default/pods"


class Steps:
    """Prints what took how long."""

    def __init__(self):
        self.begin = self.last = time.monotonic()

    def __call__(self, what):
        now = time.monotonic()
        print(f"{now - self.last:7.1f} s  {what}", flush=True)
        self.last = now


def credentials(cluster):
    """What the machine must be given to be this node: kubelet's kubeconfig, certificate and key, which keelson-node uses
    too, and whom kubelet answers. The cluster is as the machine sees it."""
    cluster.client_of("kubelet", user=f"system:node:{NODE}", groups=("system:nodes",))
    kubeconfig = f"""apiVersion: v1
kind: Config
current-context: node
clusters:
- name: node
  cluster: {{server: "https://{HOST}:{cluster.port}", certificate-authority: /run/node/ca.crt, tls-server-name: localhost}}
users:
- name: node
  user: {{client-certificate: /run/node/kubelet.crt, client-key: /run/node/kubelet.key}}
contexts:
- {{name: node, context: {{cluster: node, user: node}}}}
"""
    labels = ",".join(f"{key}={value}" for key, value in LABELS.items())
    environment = f"NODE_NAME={NODE}\nNODE_ADDRESS={ADDRESS}\nNODE_LABELS={labels}\n"
    return {"kubelet.conf": kubeconfig.encode(), "environment": environment.encode(),
            **{name: (cluster.authority.folder / name).read_bytes() for name in ("ca.crt", "kubelet.crt", "kubelet.key")}}


def condition(thing, kind):
    return next((each["status"] for each in thing.get("status", {}).get("conditions", []) if each["type"] == kind), "Unknown")


def ready_node(cluster):
    """The node, when it is ready."""
    node = cluster.admin.find(f"/api/v1/nodes/{NODE}")
    return node if node and condition(node, "Ready") == "True" else None


def wait(machine, condition_, what, seconds=PATIENCE):
    return eventually(condition_, lambda: f"{what() if callable(what) else what}\n{machine.story()}", seconds)


def pod(name):
    """Of busybox; runs until it is told to end, and then ends at once."""
    return {"metadata": {"name": name, "labels": {"app": name}}, "spec": {
        "terminationGracePeriodSeconds": 30, "automountServiceAccountToken": False, "dnsPolicy": "Default",
        "containers": [{"name": "it", "image": BUSYBOX, "imagePullPolicy": "Never", "command": ["/bin/sh", "-c", STAYS]}]}}


def place(cluster, name, node=NODE):
    """As a scheduler does."""
    cluster.admin.create(f"{PODS}/{name}/binding", {"apiVersion": "v1", "kind": "Binding", "metadata": {"name": name},
                                                    "target": {"apiVersion": "v1", "kind": "Node", "name": node}})


def define_resources(cluster):
    """Custom resource definitions, and waits until they are served."""
    names = []
    for document in documents("schema/crds/*.yaml"):
        if document["kind"] == "CustomResourceDefinition":
            cluster.admin.create(DEFINITIONS, document)
            names.append(document["metadata"]["name"])
    require(names, "schema/crds has no custom resources")
    eventually(lambda: all(condition(cluster.admin.get(f"{DEFINITIONS}/{name}"), "Established") == "True" for name in names),
               "custom resources to be served")


def grant_rights(cluster):
    """What deploy/ gives to the controller and to nodes, and nothing else. Gives the controller's kubeconfig."""
    cluster.admin.create("/api/v1/namespaces", {"metadata": {"name": "keelson-system"}})
    for document in documents("deploy/*-rights.yaml"):
        version, space = document["apiVersion"], document["metadata"].get("namespace")
        base = f"/apis/{version}" if "/" in version else f"/api/{version}"
        cluster.admin.create(f"{base}/{f'namespaces/{space}/' if space else ''}{document['kind'].lower()}s", document)
    return cluster.write_kubeconfig("controller", {"token": cluster.service_account("keelson-system", "keelson-controller")})


def documents(pattern):
    return [each for path in sorted(SOURCE.glob(pattern)) for each in yaml.safe_load_all(path.read_text()) if each]


def keep(folder):
    """For a look afterwards."""
    kept = os.environ.get("KEELSON_KEEP")
    if kept:
        shutil.copytree(folder, pathlib.Path(kept), dirs_exist_ok=True, ignore=shutil.ignore_patterns("disk.qcow2", "etcd-*"))


def sibling(keelson, name):
    """Another program of the same build."""
    program = keelson.program.parent / name
    if not program.exists():
        raise Skip(f"not built: {name}")
    return program
