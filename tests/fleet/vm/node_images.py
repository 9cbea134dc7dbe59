"""Images of a Kubernetes node, composed by keelson from node.yaml, and what a running node needs of one to change to it.

The disk has an ESP, room for two systems under dm-verity, and /var. An image fills one of both places (its slot); what
another machine takes from it are the system, its hash tree and its unified kernel image, which names slot and root hash.
"""
import dataclasses
import functools
import http.server
import json
import pathlib
import subprocess
import threading

import kubernetes_binaries
from machines_that_boot import esp_of, files_in, need, output_of, taken_out
from node_vm import HOST
from program import SKIPPED, Skip, require

HERE = pathlib.Path(__file__).resolve().parent
SLOTS = ("a", "b")


@dataclasses.dataclass
class Image:
    disk: pathlib.Path   # raw
    parts: pathlib.Path  # a folder: system, tree, kernel (files/node-update fetches them)
    digest: str          # the root hash of the system, as "sha256:…": the kernel proves each block by it
    kernel_version: str


def kubelet(cache):
    """The program, built if it has to be (minutes); KEELSON_KUBE_SERVER may have it."""
    named = kubernetes_binaries.find() / "kubelet"
    if named.exists():
        return named
    done = subprocess.run([str(kubernetes_binaries.BUILDER), str(cache), "kubelet"], stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode == SKIPPED:
        raise Skip(done.stdout.strip())
    require(done.returncode == 0, "tests/kube/build-server failed")
    return pathlib.Path(done.stdout.split()[-1]) / "kubelet"


def recipe_of(slot, program, agent):
    other = SLOTS[1 - SLOTS.index(slot)]
    with_agent = f"""  - {{source: {agent}, destination: /usr/local/bin/keelson-node, permissions: "0755"}}
  packages: {{install: [libcurl4, libfmt9, libyaml-cpp0.7, libsqlite3-0, libstdc++6, libzstd1, liblzma5, libssl3, zlib1g]}}
  services: {{enable: [keelson-node]}}
""" if agent else ""
    return f"""previewFeatures: [base-configs]
baseConfigs: [{{path: {HERE}/node.yaml}}]
storage:
  bootType: efi
  disks:
  - partitionTableType: gpt
    maxSize: 2G
    partitions:
    - {{id: esp, label: esp, type: esp, start: 1M, size: 128M}}
    - {{id: system, label: system-{slot}, type: root, size: 384M}}
    - {{id: tree, label: system-{slot}-hash, type: root-verity, size: 4M}}
    - {{id: other, label: system-{other}, type: root, size: 384M}}
    - {{id: other-tree, label: system-{other}-hash, type: root-verity, size: 4M}}
    - {{id: var, label: var, type: var, size: grow}}
  verity:
  # By their labels: the image is written to the partitions of that name, wherever it goes.
  - {{id: root, name: root, dataDeviceId: system, dataDeviceMountIdType: part-label, hashDeviceId: tree, hashDeviceMountIdType: part-label,
     corruptionOption: panic}}
  filesystems:
  - {{deviceId: esp, type: vfat, mountPoint: {{path: /boot/efi, idType: part-label, options: 'umask=0077,x-systemd.device-timeout=30min'}}}}
  - {{deviceId: root, type: erofs, mountPoint: {{path: /, options: ro}}}}
  - {{deviceId: var, type: ext4, mountPoint: {{path: /var, idType: part-label, options: 'x-systemd.device-timeout=30min'}}}}
os:
  additionalFiles:
  - {{source: {program}, destination: /usr/local/bin/kubelet, permissions: "0755"}}
{with_agent}"""


def build(keelson, real, version, slot, agent=None):
    """@param agent: the program keelson-node, built on Debian 12 as the image is."""
    need("sfdisk", "mcopy", "mdir", "veritysetup")
    folder = real.cache / "vm/nodes"
    folder.mkdir(parents=True, exist_ok=True)
    name = f"node-{version}" + ("" if agent else "-alone")
    recipe = folder / f"{name}.yaml"
    recipe.write_text(recipe_of(slot, kubelet(real.cache), agent))
    real.require_mirror(keelson.run("build", recipe, "--image-version", version, "-o", folder, cache=real.cache))
    disk, parts = folder / f"{name}.raw", folder / f"{name}.parts"
    parts.mkdir(exist_ok=True)
    told = json.loads(pathlib.Path(f"{disk}.manifest.json").read_text())
    taken_out(disk, 2, parts / "system")
    taken_out(disk, 3, parts / "tree")
    inside = next(path for path in files_in(esp_of(disk)) if path.startswith("/EFI/Linux/"))
    output_of("mcopy", "-n", "-o", "-i", esp_of(disk), f"::{inside}", parts / "kernel")
    root_hash = next(word.split("=")[1] for word in told["kernelCommandLine"].split() if word.startswith("roothash="))
    output_of("veritysetup", "verify", parts / "system", parts / "tree", root_hash)  # other people's code agrees
    return Image(disk, parts, f"sha256:{root_hash}", told["kernelVersion"])


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


class Served:
    """Folders of images by HTTP, for machines."""

    def __init__(self, folder):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def url(self, parts):
        return f"http://{HOST}:{self.server.server_port}/{parts.name}"
