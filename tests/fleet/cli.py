"""`keelson fleet rollout` and `fleet status`, against scripted servers and a real one. A test per case: `cli.py PROGRAM CASE`."""
import fcntl
import json
import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import termios
import time

from program import SOURCE, Skip, case, main, require
from scripted_api import ScriptedApi, status

NOW = "2026-11-26T10:00:00Z"
NAMES = [f"n{i}" for i in range(1, 6)]
VERSION = "keelson.dev/v1alpha1"
API = f"/apis/{VERSION}"


def node(name, **labels):
    return {"apiVersion": "v1", "kind": "Node",
            "metadata": {"name": name, "labels": {"pool": "workers", "topology.kubernetes.io/zone": "a", **labels}},
            "status": {"conditions": [{"type": "Ready", "status": "True"}],
                       "nodeInfo": {"bootID": f"boot-{name}", "osImage": "Debian GNU/Linux 12", "kernelVersion": "6.1.0",
                                    "containerRuntimeVersion": "containerd://1.6.20", "kubeletVersion": "v1.32.4",
                                    "architecture": "amd64"},
                       "allocatable": {"cpu": "4", "memory": "16Gi", "pods": "110"}}}


def pool(**spec):
    return {"apiVersion": VERSION, "kind": "NodePool", "metadata": {"name": "workers"},
            "spec": {"selector": {"matchLabels": {"pool": "workers"}}, "release": "host-2026.11", **spec}}


def release(**spec):
    return {"apiVersion": VERSION, "kind": "ImageRelease", "metadata": {"name": "host-2026.11"},
            "spec": {"kernel": "6.12.63", "image": "registry.example/host:2026.11", "architectures": ["amd64"], **spec}}


def rollout(name="november", **more):
    """A NodeRollout with one canary, and two batches of which the second needs approval."""
    batches = [{"name": "canary", "nodes": ["n1"]}, {"name": "one of each kind", "nodes": ["n2", "n3"]},
               {"name": "zone-a 1", "nodes": ["n4", "n5"], "needsApproval": True}]
    plan = {"name": name, "pool": "workers", "poolNodes": NAMES, "target": {"name": "host-2026.11"}, "batches": batches,
            "previous": [{"release": {"name": "host-2026.10"}, "nodes": NAMES}]}
    return {"apiVersion": VERSION, "kind": "NodeRollout",
            "metadata": {"name": name, "uid": f"uid-{name}", "generation": 1, "creationTimestamp": "2026-11-26T08:00:00Z"},
            "spec": {"pool": "workers", "plan": plan, **more}}


def state(phase="Running", batch=0, halts=0, reason="", nodes=None):
    there = {name: {"stage": "Pending", "since": "2026-11-26T08:00:00Z"} for name in NAMES}
    for name, (stage, why) in (nodes or {}).items():
        there[name] = {"stage": stage, "since": "2026-11-26T09:56:00Z", **({"reason": why} if why else {})}
        if stage in ("Quarantined", "Skipped"):
            there[name].update(failed=True, failure=why, changed=stage == "Quarantined")
    return {"phase": phase, "since": "2026-11-26T09:00:00Z", **({"reason": reason} if reason else {}), "batch": batch, "halts": halts, "forgiven": 0,
            "nodes": there, "observedGeneration": 1}


def with_status(thing, **what):
    return {**thing, "status": state(**what)}


def ask(keelson, api, *words, code=0, **how):
    result = keelson.run("fleet", *words, "--kubeconfig", str(api.kubeconfig), timeout=120, **how)
    require(result.code == code, f"{result.command}\nexit code {result.code}\n{result.out}{result.err}")
    return result


def says(result, *texts):
    for text in texts:
        require(text in result.out + result.err, f"expected {text!r}:\n{result.out}{result.err}")


def put_world(api):
    for name in NAMES:
        api.put("nodes", node(name))
    api.put("nodepools", pool())
    api.put("imagereleases", release())


def validate(document):
    try:
        import jsonschema  # pylint: disable=import-outside-toplevel
    except ImportError:
        raise Skip("python3-jsonschema is not installed") from None
    jsonschema.validate(document, json.loads((SOURCE / "schema/rollout-status.schema.json").read_text()))


# ---- what is recorded ----

@case
def recorded_rollouts_are_shown_and_as_their_schema_says(keelson):
    halted = with_status(rollout(), phase="Halted", halts=1, reason="1 nodes failed and 0 may: n2: it is not ready",
                         nodes={"n1": ("Done", ""), "n2": ("Quarantined", "it is not ready"), "n3": ("Draining", "web must stay")})
    broken = {**rollout("broken"), "spec": {"pool": 7}}
    counts = {"nodes": 5, "current": 1, "outdated": 3, "unknown": 1, "quarantined": 1, "drifted": 2}
    counted = {**pool(), "status": {"release": "host-2026.11", **counts}}
    (keelson.folder / "all.json").write_text(json.dumps({"kind": "List", "items": [halted, rollout("fresh"), broken, counted]}))
    words = ("fleet", "status", "--from", "all.json", "--now", NOW)
    shown = keelson.run(*words, "november")
    says(shown, "Halted for 1 h", "keelson fleet rollout acknowledge november", "n3    Draining  4 min  26 min  web must stay",
         "kubectl describe node n2", "1 in quarantine")
    says(keelson.run(*words), "november", "fresh", "not taken up", "broken", "workers  Observe  host-2026.11  5      1        3         1        2")
    document = json.loads(keelson.run(*words, "--json").out)
    require(document["pools"][0]["counts"] == counts and document["pools"][0]["release"] == "host-2026.11", f"{document['pools']}")
    require([each["name"] for each in document["rollouts"]] and len(document["rollouts"]) == 3, f"{document}")
    validate(document)
    result = keelson.run(*words, "novembre")
    result.expect(4, "did you mean 'november'?")
    keelson.run(*words, "--watch").expect(2, "does not change")
    (keelson.folder / "cut.json").write_text((keelson.folder / "all.json").read_text()[:300])
    keelson.run("fleet", "status", "--from", "cut.json").expect(3)


# ---- starting, with a server that is scripted ----

def plan_file(keelson, api, *words):
    (keelson.folder / "release.json").write_text(json.dumps({"name": "host-2026.11", "kernel": "6.12.63"}))
    ask(keelson, api, "plan", "--selector", "pool=workers", "--release", "release.json", "--name", "november",
        "--start", NOW, "-o", "plan.json", *words)


@case
def a_plan_is_started_once_and_only_while_it_fits(keelson):
    with ScriptedApi(keelson.folder) as api:
        put_world(api)
        plan_file(keelson, api)
        says(ask(keelson, api, "rollout", "start", "plan.json", "--dry-run"), "november: would move 5 nodes")
        require(not api.objects["noderollouts"], "a dry run has made something")
        says(ask(keelson, api, "rollout", "start", "plan.json"), "november: started: moves 5 nodes in")
        made = api.objects["noderollouts"]["november"]
        require(made["spec"]["image"] == "registry.example/host:2026.11" and "status" not in made, f"{made}")
        says(ask(keelson, api, "rollout", "start", "plan.json"), "november: it was started from this plan already")
        require(sum(method == "POST" for method, _, _ in api.requests) == 2, "it was made twice")
        # While it runs there is room for no other one of these nodes.
        says(ask(keelson, api, "rollout", "start", "--pool", "workers", code=5), "rollout 'november', which is not over, has node n1 too")
        api.put("noderollouts", with_status(made, phase="Completed"))
        api.put("nodes", node("n6"))
        says(ask(keelson, api, "rollout", "start", "plan.json", code=5), "node n6 is new in the pool", "nothing was changed")
        says(ask(keelson, api, "rollout", "start", "--pool", "workers"), "workers-host-2026.11: started: moves 6 nodes")


@case
def a_rollout_of_a_pool_takes_its_rules_and_is_refused_for_its_release(keelson):
    with ScriptedApi(keelson.folder) as api:
        put_world(api)
        start = ("rollout", "start", "--pool", "workers")
        says(ask(keelson, api, "rollout", "start", "--pool", "worker", code=4), "did you mean 'workers'?")
        api.put("nodepools", pool(release="host-2026.12"))
        says(ask(keelson, api, *start, code=4), "there is no ImageRelease 'host-2026.12'", "did you mean 'host-2026.11'?")
        api.put("nodepools", pool())
        api.put("imagereleases", release(denied={"reason": "boots without SELinux"}))
        says(ask(keelson, api, *start, code=5), "5 nodes (n1 …): the release is denied: boots without SELinux")
        api.put("imagereleases", release(endOfLife="2020-01-01"))
        says(ask(keelson, api, *start, code=5), "the release ended on 2020-01-01")
        api.put("imagereleases", release(kubernetes={"min": "1.33"}))
        says(ask(keelson, api, *start, code=5), "its kubelet is 1.32, the release is for 1.33 and later")
        api.put("imagereleases", release(architectures=["arm64"]))
        says(ask(keelson, api, *start, code=5), "the release is for arm64, the node is amd64")
        api.put("imagereleases", release())
        window = {"apiVersion": VERSION, "kind": "MaintenanceWindow", "metadata": {"name": "nightly"},
                  "spec": {"timeZone": "UTC", "start": "22:00", "duration": "2h", "daily": {}, "notAfter": "2020-01-01"}}
        api.put("nodepools", pool(windows=["nightly"]))
        says(ask(keelson, api, *start, code=4), "cannot find MaintenanceWindow 'nightly'")
        api.put("maintenancewindows", window)
        says(ask(keelson, api, *start, code=5), "never")
        require(not api.objects["noderollouts"], "something was made")
        del window["spec"]["notAfter"]
        api.put("maintenancewindows", window)
        ask(keelson, api, *start)
        made = api.objects["noderollouts"]["workers-host-2026.11"]["spec"]
        require(made["windows"] == ["nightly"] and made["pool"] == "workers", f"{made}")


@case
def plans_of_upgrades_pools_and_whole_releases(keelson):
    with ScriptedApi(keelson.folder) as api:
        put_world(api)
        result = ask(keelson, api, "plan", "--pool", "workers", "--start", NOW, "-o", "plan.json")
        says(result, "Rollout workers-host-2026.11: pool workers, 5 nodes, to host-2026.11")
        plan = json.loads((keelson.folder / "plan.json").read_text())
        require(plan["rollout"]["pool"] == "workers" and plan["rollout"]["target"] == {"name": "host-2026.11", "kernel": "6.12.63"}, f"{plan}")
        says(ask(keelson, api, "rollout", "start", "plan.json", "--dry-run"), "would move 5 nodes")
        api.put("nodepools", pool(strategy={"maxUnavailable": 2}))
        says(ask(keelson, api, "plan", "--pool", "workers", "--max-failures", "3"), "at most 2 out of service, 3 may fail")
        says(ask(keelson, api, "plan", "--pool", "workers", "--selector", "a=b", code=2), "a live NodePool says which nodes")
        (keelson.folder / "release.json").write_text(json.dumps(release(denied={"reason": "boots without SELinux"}, architectures=[])))
        result = ask(keelson, api, "plan", "--selector", "pool=workers", "--release", "release.json", code=1)
        says(result, "blocks  release host-2026.11: the release is denied: boots without SELinux")
    shutil.copy(SOURCE / "tests/fixtures/fleet/kubectl-get.json", keelson.folder)
    shutil.copy(SOURCE / "tests/fixtures/fleet/az-aks-nodepool-list.json", keelson.folder)
    files = ("--from", "kubectl-get.json", "--from", "az-aks-nodepool-list.json")
    result = keelson.run("fleet", "plan", "--kubernetes", "1.32", *files, "--start", NOW)
    same = keelson.run("fleet", "inventory", "--brief", "--kubernetes", "1.32", *files, "--now", NOW[:10])
    require(result.out == same.out and "by when each pool must move" in result.out, f"{result.out}{result.err}{same.out}")
    require(result.code in (0, 1), f"{result.code}")
    document = json.loads(keelson.run("fleet", "plan", "--kubernetes", "1.32", *files, "--start", NOW, "--json").out)
    require(document["target"] == "1.32", f"{document.keys()}")
    keelson.run("fleet", "plan", "--kubernetes", "soon", *files).expect(2, "it is no version of Kubernetes")
    keelson.run("fleet", "plan", "--kubernetes", "1.32", "--release", "release.json", *files).expect(2, "two plans")


@case
def what_is_asked_becomes_the_wish_it_is_once(keelson):
    with ScriptedApi(keelson.folder) as api:
        api.put("noderollouts", with_status(rollout(), batch=2, phase="WaitingForApproval", halts=1))
        spec = lambda: api.objects["noderollouts"]["november"]["spec"]
        says(ask(keelson, api, "rollout", "pause", "november", "--dry-run"), "dry run")
        require("paused" not in spec(), "a dry run has changed something")
        for verb, member, value in (("pause", "paused", True), ("resume", "paused", False), ("acknowledge", "acknowledgedHalts", 1),
                                    ("rollback", "rollBack", True), ("abort", "aborted", True)):
            ask(keelson, api, "rollout", verb, "november")
            require(spec()[member] == value, f"{verb}: {spec()}")
            before = len(api.requests)
            ask(keelson, api, "rollout", verb, "november")
            require(all(method == "GET" for method, _, _ in api.requests[before:]), f"{verb} twice changes something")
        # Somebody else changes it between our look and our change.
        api.answer("PATCH", "/noderollouts/november", 409, status(409, "Conflict", "the object has been modified"))
        says(ask(keelson, api, "rollout", "approve", "november"), "may begin batch 'zone-a 1'")
        require(spec()["approvedBatches"] == ["zone-a 1"], f"{spec()}")
        says(ask(keelson, api, "rollout", "approve", "november", "zone-a 3", code=4), "did you mean 'zone-a 1'?")
        api.put("noderollouts", with_status(rollout(), phase="Completed"))
        says(ask(keelson, api, "rollout", "pause", "november", code=5), "it is over (Completed)")
        says(ask(keelson, api, "rollout", "pause", "novembre", code=4), "did you mean 'november'?")


@case
def servers_that_refuse_are_told_with_what_helps(keelson):
    with ScriptedApi(keelson.folder) as api:
        api.answer("GET", "/noderollouts", 404, "404 page not found\n")
        says(ask(keelson, api, "status", code=4), "kubectl apply -k deploy/")
        denied = status(403, "Forbidden", 'noderollouts.keelson.dev is forbidden: User "eve" cannot list resource "noderollouts"')
        api.answer("GET", "/noderollouts", 403, denied)
        says(ask(keelson, api, "status", code=5), "the account 'eve' may not", "keelson-operator")
        api.answer("GET", "/nodepools", 403, denied)
        api.put("noderollouts", with_status(rollout()))
        result = ask(keelson, api, "status")
        says(result, "november")
        require("not known" in result.out and "the account 'eve' may not" in result.out, f"{result.out}")
        api.answer("GET", "/nodepools", 404, "404 page not found\n")
        document = json.loads(ask(keelson, api, "status", "--json").out)
        require(document["pools"] == [] and document["poolsNote"] and document["rollouts"], f"{document}")
        api.answer("PATCH", "/november", 403, denied)
        says(ask(keelson, api, "rollout", "pause", "november", code=5), "keelson-operator")
        api.answer("PATCH", "/november", 422, status(422, "Invalid", "spec.paused: \x1b[2J bad"))
        result = ask(keelson, api, "rollout", "pause", "november", code=3)
        require("\x1b" not in result.err, f"{result.err!r}")


# ---- staying ----

def read_until(stream, text, seconds=60):
    """Lines of a program's output until one holds the text; gives all."""
    got = ""
    end = time.monotonic() + seconds
    while text not in got:
        ready, _, _ = select.select([stream], [], [], max(0, end - time.monotonic()))
        data = os.read(stream.fileno(), 65536).decode(errors="replace") if ready else ""
        require(data, f"waited for {text!r}:\n{got}")
        got += data
    return got


@case
def waiting_ends_as_the_rollout_does(keelson):
    endings = [("Completed", 0), ("RolledBack", 1), ("Aborted", 1), ("Halted", 1)]
    with ScriptedApi(keelson.folder) as api:
        for phase, code in endings:
            api.put("noderollouts", with_status(rollout(paused=True), phase="Paused"))
            process = keelson.start("fleet", "rollout", "resume", "november", "--wait", "--kubeconfig", str(api.kubeconfig))
            read_until(process.stdout, "is to go on")
            api.cut_watches()  # it must find its way back
            now = api.objects["noderollouts"]["november"]
            api.put("noderollouts", {**now, "status": {**state(phase=phase, halts=int(phase == "Halted")), "observedGeneration": 9}})
            out, err = process.communicate(timeout=60)
            require(process.returncode == code, f"{phase}: {process.returncode}\n{out}{err}")
        process = keelson.start("fleet", "rollout", "acknowledge", "november", "--wait", "--kubeconfig", str(api.kubeconfig))
        read_until(process.stdout, "is to go on")
        api.remove("noderollouts", "november")
        out, err = process.communicate(timeout=60)
        require(process.returncode == 4 and "it was deleted" in err, f"{process.returncode}\n{out}{err}")


@case
def a_watch_that_is_no_terminal_prints_lines_or_documents(keelson):
    with ScriptedApi(keelson.folder) as api:
        api.put("noderollouts", with_status(rollout()))
        words = ("fleet", "status", "november", "--watch", "--kubeconfig", str(api.kubeconfig))
        lines, documents = keelson.start(*words), keelson.start(*words, "--json")
        got = read_until(lines.stdout, "november  Running")
        document = read_until(documents.stdout, "}\n")
        api.put("noderollouts", with_status(rollout(), nodes={"n1": ("Draining", "web \x1b[2Jmust stay")}))
        got += read_until(lines.stdout, "n1: Pending → Draining: web ?[2Jmust stay")
        api.put("noderollouts", with_status(rollout(), phase="Completed", batch=2, nodes={name: ("Done", "") for name in NAMES}))
        out, err = lines.communicate(timeout=60)
        require(lines.returncode == 0 and "Completed" in out and "\x1b" not in got + out, f"{got}{out}{err}")
        document += documents.communicate(timeout=60)[0]
        each = [json.loads(line) for line in document.splitlines()]
        require(each[0]["rollouts"][0]["phase"] == "Running" and each[-1]["rollouts"][0]["phase"] == "Completed", document)
        for one in each:
            validate(one)


class Terminal:
    """A program on a terminal of its own."""

    def __init__(self, keelson, *words, rows=24, columns=80):
        self.leader, follower = pty.openpty()
        self.resize(rows, columns)
        self.process = subprocess.Popen([str(keelson.program), *words, "--cache-dir", str(keelson.cache)], cwd=keelson.folder,
                                        env={**keelson.environment, "TERM": "xterm"}, stdin=follower, stdout=follower,
                                        stderr=subprocess.PIPE, start_new_session=True,
                                        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(follower)
        self.all = ""

    def resize(self, rows, columns):
        fcntl.ioctl(self.leader, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def until(self, text, seconds=60):
        got, end = "", time.monotonic() + seconds
        while text not in got:
            ready, _, _ = select.select([self.leader], [], [], max(0, end - time.monotonic()))
            try:
                data = os.read(self.leader, 65536).decode(errors="replace") if ready else ""
            except OSError:
                data = ""
            require(data, f"waited for {text!r}:\n{got!r}")
            got += data
        self.all += got
        return got

    def type(self, text):
        os.write(self.leader, text.encode())

    def end(self):
        try:
            while data := os.read(self.leader, 65536):
                self.all += data.decode(errors="replace")
        except OSError:
            pass  # it has closed its side
        code = self.process.wait(60)
        os.close(self.leader)
        return code


@case
def a_live_view_fits_its_terminal_and_leaves_it_as_it_was(keelson):
    with ScriptedApi(keelson.folder) as api:
        many = [f"m{i:04}" for i in range(3000)]
        large = rollout("large")
        large["spec"]["plan"]["poolNodes"] = many
        large["spec"]["plan"]["batches"] = [{"name": f"zone-a {i // 100}", "nodes": many[i:i + 100]} for i in range(0, 3000, 100)]
        large["spec"]["plan"]["previous"] = []
        large["status"] = state(batch=3)
        large["status"]["nodes"] = {name: {"stage": "Done" if i < 300 else "Draining" if i < 400 else "Pending", "reason": "w" * 200,
                                           "since": NOW} for i, name in enumerate(many)}
        api.put("noderollouts", large)
        terminal = Terminal(keelson, "fleet", "status", "large", "--watch", "--kubeconfig", str(api.kubeconfig))
        terminal.until("more nodes")
        page = terminal.until("Ctrl-C ends").rsplit("\x1b[H", 1)[-1]
        lines = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]|\r", "", page).split("\n")
        require(len(lines) <= 24 and max(map(len, lines)) <= 80, f"{len(lines)} lines, {max(map(len, lines))} wide:\n{page!r}")
        terminal.resize(50, 120)
        os.kill(terminal.process.pid, signal.SIGWINCH)
        terminal.until("m0325")
        large["status"]["phase"] = "Paused"
        api.put("noderollouts", large)
        terminal.until("Paused")
        terminal.type("\x03")
        code = terminal.end()
        require(code == 0, f"exit code {code}")
        before, _, after = terminal.all.rpartition("\x1b[?1049l")
        require(before.count("\x1b[?1049h") == 1 and "\x1b[?25h" in before and "\x1b[?7h" in before, "the terminal is not as it was")
        require("Rollout large" in after and "\x1b[?" not in after, f"{after!r}")


# ---- a real server ----

def install(cluster):
    """The custom resources, and waits until they are served."""
    import yaml  # pylint: disable=import-outside-toplevel
    from kubernetes_client import eventually  # pylint: disable=import-outside-toplevel
    for path in sorted((SOURCE / "schema/crds").glob("*s.yaml")):
        cluster.admin.create("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", yaml.safe_load(path.read_text()))
    for plural in ("noderollouts", "nodepools", "imagereleases", "noderecords", "maintenancewindows"):
        eventually(lambda plural=plural: cluster.admin.find(f"{API}/{plural}"), f"{plural} to be served")


def viewer_of(cluster):
    """Who may see all that `keelson fleet` looks at, and write nothing."""
    seen = {"keelson.dev": ["noderollouts", "nodepools", "imagereleases", "noderecords", "maintenancewindows"], "": ["nodes", "pods"],
            "policy": ["poddisruptionbudgets"], "storage.k8s.io": ["volumeattachments"]}
    return cluster.write_kubeconfig("viewer", {"token": cluster.service_account("default", "viewer", [
        {"apiGroups": [group], "resources": resources, "verbs": ["get", "list", "watch"]} for group, resources in seen.items()])})


@case
def a_rollout_is_started_steered_and_watched_in_a_real_cluster(keelson):
    from kubernetes import Kubernetes  # pylint: disable=import-outside-toplevel
    with Kubernetes(keelson.folder / "cluster") as cluster:
        says(ask(keelson, cluster, "status", code=4), "kubectl apply -k deploy/")
        install(cluster)
        for name in NAMES:
            made = cluster.admin.create("/api/v1/nodes", {k: v for k, v in node(name).items() if k != "status"})
            cluster.admin.patch(f"/api/v1/nodes/{name}/status", {"status": node(name)["status"]})
        cluster.admin.create(f"{API}/nodepools", pool(batches={"canaries": 1, "approvals": "batches"}))
        cluster.admin.create(f"{API}/imagereleases", release())
        says(ask(keelson, cluster, "status"), "workers", "host-2026.11", "there is none")
        says(ask(keelson, cluster, "rollout", "start", "--pool", "workers", "--dry-run"), "would move 5 nodes")
        require(not cluster.admin.get(f"{API}/noderollouts")["items"], "a dry run has made something")
        says(ask(keelson, cluster, "rollout", "start", "--pool", "workers"), "workers-host-2026.11: started")
        says(ask(keelson, cluster, "rollout", "start", "--pool", "workers"), "already")
        path = f"{API}/noderollouts/workers-host-2026.11"
        made = cluster.admin.get(path)
        names = [batch["name"] for batch in made["spec"]["plan"]["batches"]]

        def tell(**what):
            now = cluster.admin.get(path)
            what = {"phase": "Running", **what}
            cluster.admin.patch(f"{path}/status", {"status": {**state(**what), "observedGeneration": now["metadata"]["generation"]}})

        tell(phase="WaitingForApproval")
        says(ask(keelson, cluster, "status", "workers-host-2026.11"), f"approve workers-host-2026.11 {names[0]}")
        viewer = viewer_of(cluster)
        says(keelson.run("fleet", "status", "workers-host-2026.11", "--kubeconfig", str(viewer)).expect(0), "WaitingForApproval")
        keelson.run("fleet", "rollout", "pause", "workers-host-2026.11", "--kubeconfig", str(viewer)).expect(
            5, "may not (RBAC: verb patch, resource noderollouts", "keelson-operator")
        says(ask(keelson, cluster, "rollout", "approve", "workers-host-2026.11"), f"may begin batch '{names[0]}'")
        ask(keelson, cluster, "rollout", "pause", "workers-host-2026.11")
        require(cluster.admin.get(path)["spec"]["paused"] is True, "it is not paused")
        lines = keelson.start("fleet", "status", "workers-host-2026.11", "--watch", "--kubeconfig", str(cluster.kubeconfig))
        read_until(lines.stdout, "WaitingForApproval")
        tell(phase="Halted", halts=1, reason="n1 failed", nodes={"n1": ("Quarantined", "it is not ready")})
        read_until(lines.stdout, "n1: Pending → Quarantined: it is not ready")
        ask(keelson, cluster, "rollout", "resume", "workers-host-2026.11")
        waiter = keelson.start("fleet", "rollout", "acknowledge", "workers-host-2026.11", "--wait", "--kubeconfig", str(cluster.kubeconfig))
        read_until(waiter.stdout, "is to go on")
        time.sleep(1)
        require(waiter.poll() is None, "it did not wait for the controller to hear of it")
        tell(phase="Completed", halts=1, nodes={name: ("Done", "") for name in NAMES})
        out, err = waiter.communicate(timeout=60)
        require(waiter.returncode == 0, f"{waiter.returncode}\n{out}{err}")
        require(lines.wait(60) == 0, "the watch has not ended with the rollout")
        says(ask(keelson, cluster, "rollout", "abort", "workers-host-2026.11", code=5), "it is over (Completed)")
        token = cluster.service_account("default", "reader", [
            {"apiGroups": ["keelson.dev"], "resources": ["noderollouts", "nodepools"], "verbs": ["get", "list", "watch"]}])
        reader = cluster.write_kubeconfig("reader", {"token": token})
        result = keelson.run("fleet", "rollout", "start", "--pool", "workers", "--kubeconfig", str(reader))
        result.expect(5, "may not (RBAC: verb list, resource imagereleases", "keelson-operator")
        keelson.run("fleet", "rollout", "start", "--pool", "workers", "--name", "another", "--kubeconfig", str(viewer)).expect(
            5, "may not (RBAC: verb create, resource noderollouts", "keelson-operator")
        require(len(cluster.admin.get(f"{API}/noderollouts")["items"]) == 1, "something was made")


main()
