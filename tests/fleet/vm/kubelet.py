"""A real kubelet in an image of ours, in a virtual machine, in a real cluster. A test per case: `kubelet.py PROGRAM CASE`.

Emulated, a boot takes one minute or two; KEELSON_KEEP names a folder that keeps consoles and logs.
"""
import node_images
from kubernetes import Kubernetes
from node_cluster import GRACE, PODS, Steps, condition, credentials, keep, place, pod, ready_node, wait
from node_vm import Machine
from program import case, main, require
from real_packages import RealPackages


@case
def a_node_of_ours_joins_a_cluster_and_runs_pods(keelson):
    step = Steps()
    image = node_images.build(keelson, RealPackages(keelson), "1", "a")
    step("image")
    with Kubernetes(keelson.folder / "cluster", grace=GRACE) as cluster:
        step("control plane")
        try:
            with Machine(keelson.folder / "machine", image.disk, credentials(cluster)) as machine:
                node = wait(machine, lambda: ready_node(cluster), "the node to be ready")
                step("node is ready")
                told = node["status"]["nodeInfo"]
                require(told["kubeletVersion"] == "v1.20.2" and told["kernelVersion"] == image.kernel_version, f"the node says {told}")
                require(told["containerRuntimeVersion"].startswith("containerd://1.6."), f"the node says {told}")
                cluster.admin.create(PODS, pod("stays"))
                place(cluster, "stays")
                wait(machine, lambda: condition(cluster.admin.get(f"{PODS}/stays"), "Ready") == "True", "the pod to be ready")
                step("pod is ready")
                status = cluster.admin.get(f"{PODS}/stays")["status"]
                require(status["podIP"].startswith("10.88.0."), f"its status is {status}")
                cluster.admin.create(f"{PODS}/stays/eviction",
                                     {"apiVersion": "policy/v1beta1", "kind": "Eviction", "metadata": {"name": "stays"}})
                wait(machine, lambda: cluster.admin.find(f"{PODS}/stays") is None, "the pod to leave")
                step("pod has left")
        finally:
            keep(keelson.folder)


main()
