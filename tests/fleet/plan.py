"""`keelson fleet plan` over recorded clusters. A test per case: `plan.py PROGRAM CASE`."""
import json
import resource

from program import SOURCE, Skip, case, main, require


def node(name, zone, **labels):
    return {"apiVersion": "v1", "kind": "Node",
            "metadata": {"name": name, "uid": f"uid-{name}",
                         "labels": {"pool": "workers", "topology.kubernetes.io/zone": zone, **labels}},
            "status": {"conditions": [{"type": "Ready", "status": "True"}],
                       "nodeInfo": {"bootID": f"boot-{name}", "osImage": "Debian GNU/Linux 12", "kernelVersion": "6.1.0",
                                    "containerRuntimeVersion": "containerd://1.6.20", "kubeletVersion": "v1.32.4",
                                    "architecture": "amd64"},
                       "allocatable": {"cpu": "4", "memory": "16Gi", "pods": "110"}}}


def pod(app, number, on):
    return {"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": f"{app}-{number}", "namespace": "shop", "uid": f"uid-{app}-{number}", "labels": {"app": app},
                         "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": app, "uid": app,
                                              "controller": True}]},
            "spec": {"nodeName": on, "containers": [{"name": "a", "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}}}]},
            "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}}


def budget(app, expected, away):
    return {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": app, "namespace": "shop", "generation": 1},
            "spec": {"maxUnavailable": away, "selector": {"matchLabels": {"app": app}}},
            "status": {"observedGeneration": 1, "disruptionsAllowed": away, "currentHealthy": expected,
                       "desiredHealthy": expected - away, "expectedPods": expected}}


def cluster(nodes=4, replicas=4, away=1):
    items = [node(f"n{i:02}", "ab"[i % 2]) for i in range(nodes)]
    items += [pod("web", i, f"n{i % nodes:02}") for i in range(replicas)]
    return {"apiVersion": "v1", "kind": "List", "items": items + [budget("web", replicas, away)]}


def planned(keelson, recorded, *options, code=0):
    (keelson.folder / "cluster.json").write_text(json.dumps(recorded))
    (keelson.folder / "release.json").write_text(json.dumps({"name": "2026.11", "kernel": "6.12.63"}))
    result = keelson.run("fleet", "plan", "--from", "cluster.json", "--release", "release.json",
                         "--start", "2026-11-26T10:00:00Z", *options)
    require(result.code == code, f"exit code {result.code}\n{result.out}{result.err}")
    return result


@case
def a_plan_is_the_same_twice_and_as_its_schema_says(keelson):
    planned(keelson, cluster(), "--selector", "pool=workers", "-o", "first.json")
    planned(keelson, cluster(), "--selector", "pool=workers", "-o", "second.json")
    first = (keelson.folder / "first.json").read_bytes()
    require(first == (keelson.folder / "second.json").read_bytes(), "two plans of one cluster differ")
    plan = json.loads(first)
    require(plan["usual"]["phase"] == "Completed" and not plan["findings"], f"{plan['usual']} {plan['findings']}")
    require(plan["rollout"]["previous"][0]["release"]["kernel"] == "6.1.0", "what they run now is not known")
    require([batch["name"] for batch in plan["rollout"]["batches"]][:2] == ["canary", "one of each kind"], f"{plan['rollout']}")
    try:
        import jsonschema  # pylint: disable=import-outside-toplevel
    except ImportError:
        raise Skip("python3-jsonschema is not installed") from None
    jsonschema.validate(plan, json.loads((SOURCE / "schema/plan.schema.json").read_text()))


@case
def a_budget_that_allows_nothing_ends_with_exit_code_1(keelson):
    result = planned(keelson, cluster(away=0), code=1)
    require("blocks  budget shop/web: 4 of 4 pods must be there (maxUnavailable 0)" in result.out, result.out)


@case
def mistakes_are_told_as_such(keelson):
    result = planned(keelson, cluster(), "--selector", "pool=other", code=4)
    require("the selector 'pool=other' selects none of 4" in result.err, result.err)
    result = planned(keelson, cluster(), "--drain-time", "soon", code=3)
    require("drainTime: 'soon' is no length of time" in result.err, result.err)
    result = planned(keelson, {"kind": "List", "items": []}, code=3)
    require("there is no Node in it" in result.err, result.err)
    result = keelson.run("fleet", "plane")
    require(result.code == 2 and "plan" in result.err, f"{result.code} {result.err}")
    (keelson.folder / "cut.json").write_text(json.dumps(cluster())[:1000])
    result = keelson.run("fleet", "plan", "--from", "cut.json", "--release", "release.json")
    require(result.code == 3, f"{result.code} {result.err}")


@case
def a_cluster_of_5000_nodes_and_150000_pods_is_planned_within_a_gibibyte(keelson):
    nodes, apps, replicas = 5000, 2000, 75
    items = [node(f"n{i:04}", "abc"[i % 3]) for i in range(nodes)]
    turn = 0
    for app in range(apps):
        for i in range(replicas):
            items.append(pod(f"app{app}", i, f"n{turn % nodes:04}"))
            turn += 1
        items.append(budget(f"app{app}", replicas, 8))
    (keelson.folder / "cluster.json").write_text(json.dumps({"kind": "List", "items": items}))
    (keelson.folder / "release.json").write_text('{"name": "2026.11"}')
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    result = keelson.run("fleet", "plan", "--from", "cluster.json", "--release", "release.json", "--max-unavailable", "5%", "--json",
                         timeout=280)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    require(result.code == 0, f"{result.code} {result.err}")
    plan = json.loads(result.out)
    require(plan["usual"]["phase"] == "Completed" and plan["usual"]["evictions"] >= 150_000, f"{plan['usual']}")
    print(f"{after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime:.1f} CPU-s, {after.ru_maxrss / 1024:.0f} MiB")
    require(after.ru_maxrss < 1 << 20, f"it took {after.ru_maxrss} KiB")


main()
