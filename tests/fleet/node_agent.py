#!/usr/bin/env python3
"""keelson-node against a real API server: what it reports, what it does when asked, and that it does nothing twice.

The node is a folder that looks like a running system's root; the update program and the reboot are scripts in it. A test
per case: `node_agent.py KEELSON-NODE CASE`.
"""
import json
import os
import pathlib
import random
import re
import signal
import subprocess
import time
import uuid

import yaml

from kubernetes import Kubernetes
from kubernetes_client import eventually
from program import SOURCE, case, main, require

RECORDS = "/apis/keelson.dev/v1alpha1/noderecords"
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
PACKAGES = "".join(f"Package: {name}\nStatus: install ok installed\nVersion: {version}\nArchitecture: amd64\n\n"
                   for name, version in (("base-files", "13.8"), ("containerd", "1.7.24~ds1-6+b4")))

# Each line that is written is one write(2) in append mode: whole, whoever is killed.
UPDATE = """#!/bin/sh
read -r request
name=$(printf %s "$request" | sed 's/.*"name":"\\(op-[0-9]*\\)".*/\\1/')
echo "started $name" >> "$0.log"
sleep "$(cat "$0.takes")"
if [ -e "$0.fails" ]; then echo writing; echo "no space left on the other slot" >&2; exit 1; fi
echo "done $name" >> "$0.log"
"""
REBOOT = """#!/bin/sh
boot=$(cat "$1/proc/sys/kernel/random/boot_id")
cat /proc/sys/kernel/random/uuid > "$1/next" && mv "$1/next" "$1/proc/sys/kernel/random/boot_id"
echo "rebooted $boot" >> "$0.log"
"""


class Node:
    """A made-up node, and the keelson-node that serves it."""

    def __init__(self, keelson, cluster, name, kubeconfig=None):
        self.program, self.cluster, self.name = keelson.program, cluster, name
        self.kubeconfig = kubeconfig or cluster.kubeconfig
        self.root = keelson.folder / name
        self.log = keelson.folder / f"{name}.log"
        self.process = None
        self.put("usr/lib/os-release", "ID=debian\nIMAGE_ID=host\nIMAGE_VERSION=1\n")
        self.put("var/lib/dpkg/status", PACKAGES)
        self.put("proc/sys/kernel/random/boot_id", f"{uuid.uuid4()}\n")
        self.put("proc/sys/kernel/osrelease", "6.12.63\n")
        self.put("proc/cmdline", "quiet\n")
        self.put("sys/fs/selinux/enforce", "1")
        update, reboot = self.put("update", UPDATE, 0o755), self.put("reboot", REBOOT, 0o755)
        self.put("update.takes", "0.1")
        self.put("etc/keelson/node.yaml", json.dumps({"update": {"command": [str(update)], "timeout": "1m"},
                                                      "reboot": {"command": [str(reboot), str(self.root)]}}))

    def put(self, path, text, mode=0o644):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        file.chmod(mode)
        return file

    def text(self, path):
        file = self.root / path
        return file.read_text().strip() if file.exists() else ""

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [str(self.program), "run", "--root", str(self.root), "--kubeconfig", str(self.kubeconfig), "--node-name", self.name],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, env={"PATH": os.environ["PATH"]})

    def kill(self):
        """At once, and only itself: what it has started goes on."""
        self.process.kill()
        self.process.wait()

    def kill_all(self):
        """With the process that carries an operation out, and what that has started."""
        self.kill()
        for pid in runners(self.root):
            try:
                os.killpg(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass  # it has ended meanwhile

    def stop(self):
        self.process.terminate()
        require(self.process.wait(30) == 0, f"keelson-node ended with {self.process.returncode}:\n{self.log.read_text()}")

    def record(self):
        return self.cluster.admin.find(f"{RECORDS}/{self.name}") or {}

    def status(self):
        return self.record().get("status", {})

    def ask(self, name, **release):
        self.cluster.admin.patch(f"{RECORDS}/{self.name}", {"spec": {"operation": {"name": name, "release": {"name": "host-2", **release}}}})

    def result(self, name):
        told = self.status().get("operation", {})
        return told.get("state") if told.get("name") == name and told.get("state") != "Running" else None

    def story(self):
        return f"{self.log.read_text()}\n{self.text('update.log')}\n{json.dumps(self.status(), indent=1)}"


def runners(root):
    """Processes that carry out an operation of this node, and those that such ones have started."""
    found = set()
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if str(root).encode() in words and b"carry-out" in words or str(root / "update").encode() in words:
            found.add(int(folder.name))
    groups = set()
    for pid in found:
        try:
            groups.add(os.getpgid(pid))
        except ProcessLookupError:
            pass
    return groups


def install_resources(cluster):
    cluster.admin.create(CRDS, yaml.safe_load((SOURCE / "schema/crds/noderecords.yaml").read_text()))
    eventually(lambda: cluster.admin.ask("GET", RECORDS)[0] == 200, "the API to serve node records")


def requests_about_records(cluster):
    """All that the API server has been asked about NodeRecords so far; a watch counts when it ends."""
    text = cluster.admin.ask("GET", "/metrics")[1]["text"]
    return sum(float(value) for verb, value in re.findall(r'apiserver_request_total\{[^}]*resource="noderecords"[^}]*verb="(\w+)"[^}]*\} (\S+)', text))


@case
def it_reports_what_it_booted_and_is_silent_then(keelson):
    with Kubernetes(keelson.folder / "cluster") as cluster:
        install_resources(cluster)
        node = Node(keelson, cluster, "n1")
        node.start()
        eventually(lambda: node.status().get("bootID"), "a report")
        status = node.status()
        require(status["bootID"] == node.text("proc/sys/kernel/random/boot_id"), f"another boot is reported: {status}")
        booted = status["booted"]
        require(booted["kernel"] == "6.12.63" and booted["containerd"] == "1.7.24~ds1" and booted["selinux"] == "enforcing"
                and booted["fips"] == "disabled" and booted["name"] == "host-1" and "imageDigest" not in booted, f"{booted}")
        require(booted["manifestHash"] == hash_of_packages(), f"{booted}")
        # Silence: our own looks are the only requests.
        time.sleep(2)
        before = requests_about_records(cluster)
        time.sleep(20)
        require(requests_about_records(cluster) == before, "there are requests though nothing happens")
        # Another boot, another report; what is gone is gone.
        node.stop()
        node.put("proc/sys/kernel/random/boot_id", f"{uuid.uuid4()}\n")
        (node.root / "var/lib/dpkg/status").unlink()
        node.start()
        eventually(lambda: node.status().get("bootID") == node.text("proc/sys/kernel/random/boot_id"), node.story)
        require("manifestHash" not in node.status()["booted"], f"{node.status()}")
        node.stop()


def hash_of_packages():
    lines = "base-files\t13.8\tamd64\ncontainerd\t1.7.24~ds1-6+b4\tamd64\n"
    return "sha256:" + subprocess.run(["sha256sum"], input=lines, text=True, capture_output=True, check=True).stdout.split()[0]


@case
def an_operation_is_carried_out_once_and_its_failure_is_told(keelson):
    with Kubernetes(keelson.folder / "cluster") as cluster:
        install_resources(cluster)
        node = Node(keelson, cluster, "n1")
        node.start()
        eventually(lambda: node.status().get("bootID"), "a report")
        boot = node.text("proc/sys/kernel/random/boot_id")
        node.ask("op-1")
        eventually(lambda: node.result("op-1"), "a result")
        require(node.result("op-1") == "Succeeded", node.story())
        eventually(lambda: node.text("reboot.log"), "a reboot")  # its last line: the script is done
        require(node.text("reboot.log") == f"rebooted {boot}", node.story())
        node.kill()  # as a reboot does
        node.start()
        eventually(lambda: node.status().get("bootID") == node.text("proc/sys/kernel/random/boot_id"), "the second boot's report")
        # A failure: the last line, and no reboot.
        node.put("update.fails", "")
        node.ask("op-2")
        eventually(lambda: node.result("op-2"), "a result")
        require(node.status()["operation"] == {"name": "op-2", "state": "Failed", "message": "no space left on the other slot"}, node.story())
        # One that is taken back while it runs: no result, no reboot.
        (node.root / "update.fails").unlink()
        node.put("update.takes", "1.5")
        node.ask("op-3")
        eventually(lambda: "started op-3" in node.text("update.log"), "the third to begin")
        cluster.admin.patch(f"{RECORDS}/n1", {"spec": {"operation": None}})
        eventually(lambda: "done op-3" in node.text("update.log"), "the third to end")
        time.sleep(2)
        require(node.status()["operation"] == {"name": "op-3", "state": "Running"}, node.story())
        require(node.text("reboot.log").count("rebooted") == 1, node.story())
        require(node.text("update.log").split("\n") == ["started op-1", "done op-1", "started op-2", "started op-3", "done op-3"], node.story())
        node.stop()


@case
def killed_at_any_moment_nothing_is_done_twice(keelson):
    dice = random.Random(int(os.environ.get("KEELSON_TEST_SEED", "20261126")))
    wanted = int(os.environ.get("KEELSON_TEST_KILLS", "60"))
    kills, with_runner, count, failed, superseded = 0, 0, 0, 0, 0
    with Kubernetes(keelson.folder / "cluster") as cluster:
        install_resources(cluster)
        node = Node(keelson, cluster, "n1")
        node.start()
        eventually(lambda: node.status().get("bootID"), "a report")
        while kills < wanted:
            count += 1
            name, ended = f"op-{count}", time.monotonic() + 60
            boot = node.text("proc/sys/kernel/random/boot_id")
            node.put("update.takes", f"{dice.random() * 0.4:.2f}")
            node.ask(name)
            replaced = dice.random() < 0.15
            if replaced:  # a newer one takes its place somewhere on the way
                time.sleep(dice.random() * 0.5)
                superseded += 1
                count += 1
                name = f"op-{count}"
                node.ask(name)
            hurt = False
            for _ in range(dice.randrange(1, 5)):
                time.sleep(dice.random() * 0.35)
                if dice.random() < 0.25:
                    node.kill_all()
                    with_runner += 1
                    hurt = True
                else:
                    node.kill()
                kills += 1
                if dice.random() < 0.2:
                    time.sleep(0.3)  # nobody is there for a while
                node.start()
            while node.result(name) is None:
                require(time.monotonic() < ended, f"{name} has no result:\n{node.story()}")
                time.sleep(0.05)
            state = node.result(name)
            if state == "Succeeded":
                eventually(lambda: node.text("proc/sys/kernel/random/boot_id") != boot,
                           lambda: f"a reboot for {name}:\n{node.story()}")
            else:
                require(hurt, f"{name} failed though nothing of it was killed:\n{node.story()}")
                failed += 1
            node.kill()
            kills += 1
            node.start()
        # The runner of an operation that was replaced may still be at work.
        eventually(lambda: not runners(node.root), "the last update program's end")
        eventually(lambda: node.status()["bootID"] == node.text("proc/sys/kernel/random/boot_id"), "the last boot's report")
        node.stop()
        lines = node.text("update.log").split("\n")
        require(len(lines) == len(set(lines)), f"something was done twice:\n{node.story()}")
        reboots = node.text("reboot.log").split("\n")
        require(len(reboots) == len(set(reboots)), f"one boot was ended twice:\n{node.story()}")
        print(f"{count} operations ({superseded} replaced), {kills} kills ({with_runner} with the update program), {failed} failed, {len(reboots)} reboots")


if __name__ == "__main__":
    main()
