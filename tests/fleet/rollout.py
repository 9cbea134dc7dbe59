#!/usr/bin/env python3
"""Rollouts in a cluster with a real API server, by the real controller. A test per case: `rollout.py PROGRAM CASE`.

A start of the cluster costs ten seconds, so that each case tells several stories, one after the other.
"""
import json
import time

from kubernetes_client import Refused
from program import Broken, case, main, require
from rollout_agent import RECORDS
from rollout_observer import KNOWN_AFTER
from rollout_world import API, BUDGETS, APPS, OVER, ROLLOUTS, World, release


def begun(world, name):
    """Nodes that something was done with."""
    return sorted(node for node, stage in world.stages(name).items() if stage != "Pending")


def gate(world):
    """Good until the file "bad" is there."""
    return {"name": "smoke", "command": {"run": ["/bin/sh", "-c", f"if test -e '{world.keelson.folder}/bad'; then echo smoke is bad; exit 1; fi"],
                                         "timeout": "20s"}}


class Blocker:
    """A pod that runs once, on the first group, with a budget that lets it not go."""

    def __init__(self, world):
        self.world = world
        template = {"metadata": {"labels": {"app": "single"}}, "spec": {
            "terminationGracePeriodSeconds": 0, "nodeName": "n1", "containers": [{"name": "c", "image": "none"}]}}
        # By name and not by the scheduler; the successor must find its node itself.
        del template["spec"]["nodeName"]
        template["spec"]["nodeSelector"] = {"kubernetes.io/hostname": "n1"}
        world.admin.create(f"{APPS}/deployments", {"metadata": {"name": "single"}, "spec": {
            "replicas": 1, "selector": {"matchLabels": {"app": "single"}}, "template": template}})
        world.admin.create(BUDGETS, {"metadata": {"name": "single"}, "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "single"}}}})
        world.wait_until(lambda: world.admin.get(f"{BUDGETS}/single").get("status", {}).get("currentHealthy") == 1, "the single pod")
        self.uid = self.pod()["metadata"]["uid"]

    def pod(self):
        return self.world.admin.get("/api/v1/namespaces/default/pods?labelSelector=app%3Dsingle")["items"][0]

    def require_untouched(self):
        pod = self.pod()
        require(pod["metadata"]["uid"] == self.uid and "deletionTimestamp" not in pod["metadata"], "the guarded pod was taken away")

    def wait_until_it_blocks(self, name):
        """It drains the node, and only the guarded pod is left there."""
        on_node = "/api/v1/namespaces/default/pods?fieldSelector=spec.nodeName%3Dn1"
        self.world.wait_until(lambda: self.world.stages(name).get("n1") == "Draining" and len(self.world.admin.get(on_node)["items"]) == 1,
                              "the drain to come to the guarded pod")
        self.require_untouched()

    def let_go(self):
        self.world.admin.remove(f"{BUDGETS}/single")

    def remove(self):
        self.world.admin.remove(f"{APPS}/deployments/single")
        self.world.wait_until(lambda: not self.world.admin.get("/api/v1/namespaces/default/pods?labelSelector=app%3Dsingle")["items"], "its end")


def canary_first_and_the_rest_with_approval(world):
    world.create("first", "two", batches=[{"name": "canary", "nodes": ["n2"]},
                                          {"name": "rest", "nodes": ["n1", "n3", "n4", "n5", "n6"], "needsApproval": True}])
    world.wait("first", "WaitingForApproval")
    require(begun(world, "first") == ["n2"] and world.stages("first")["n2"] == "Done", f"only the canary was to begin: {world.stages('first')}")
    world.check_promises("first")
    world.ask("first", approvedBatches=["rest"])
    status = world.wait("first", *OVER)
    require(status["phase"] == "Completed", f"it ended {status['phase']}: {status.get('reason')}")
    world.check_promises("first")
    world.check_booted("two")
    counts = status.get("counts", {})
    require(counts.get("nodes") == 6 and counts.get("done") == 6, f"counts: {counts}")
    require(world.observer.most_down == 2, f"at most two nodes at once were allowed, and {world.observer.most_down} were down at once")
    events = world.admin.get("/api/v1/events?fieldSelector=involvedObject.kind%3DNodeRollout")["items"]
    require(events, f"nothing was told in events\n{world.logs()}")


def a_budget_blocks_and_a_second_rollout_waits_for_nobody(world):
    blocker = Blocker(world)
    world.create("blocked", "three")
    blocker.wait_until_it_blocks("blocked")
    # Another one of the same pool is refused meanwhile, and says which one is in its way.
    world.create("second", "four")
    refused = world.wait_until(lambda: (lambda it: it.get("status") == "False" and it)(world.condition("second", "Accepted")), "a refusal")
    require("blocked" in refused.get("message", ""), f"it does not say by whom: {refused}")
    require(not begun(world, "second"), "the second one has begun")
    world.remove("second")
    # Paused, nothing more begins although the way is free; resumed, it goes on.
    world.ask("blocked", paused=True)
    world.wait("blocked", "Paused")
    blocker.require_untouched()
    world.ask("blocked", paused=False)
    blocker.let_go()
    require(world.wait("blocked", *OVER)["phase"] == "Completed", "it did not complete")
    world.check_promises("blocked")
    world.check_booted("three")
    blocker.remove()


def aborted_it_leaves_what_it_has_not_changed(world):
    blocker = Blocker(world)
    world.create("aborted", "five")
    blocker.wait_until_it_blocks("aborted")
    world.ask("aborted", aborted=True)
    require(world.wait("aborted", *OVER)["phase"] == "Aborted", "it did not end as aborted")
    blocker.require_untouched()
    world.check_promises("aborted")
    world.check_booted("three")
    blocker.let_go()
    blocker.remove()


def a_cordon_of_somebody_else_stays(world):
    world.observer.elsewhere.add("n6")
    world.admin.patch("/api/v1/nodes/n6", {"spec": {"unschedulable": True}})
    world.create("cordoned", "six")
    require(world.wait("cordoned", *OVER)["phase"] == "Completed", "it did not complete")
    left = world.observer.left_behind()
    require(left == {"n6": ["cordon"]}, f"the cordon of somebody else should be all that is there: {left}")
    world.admin.patch("/api/v1/nodes/n6", {"spec": {"unschedulable": None}})
    world.check_promises("cordoned", clean=False)
    world.check_booted("six")


@case
def a_rollout_goes_as_it_is_told(keelson):
    with World(keelson) as world:
        world.keep_controller()
        canary_first_and_the_rest_with_approval(world)
        a_budget_blocks_and_a_second_rollout_waits_for_nobody(world)
        aborted_it_leaves_what_it_has_not_changed(world)
        a_cordon_of_somebody_else_stays(world)


def a_failing_gate_halts_and_it_goes_back_by_itself(world):
    bad = world.keelson.folder / "bad"
    bad.touch()
    world.create("gated", "two", gates=[gate(world)])
    status = world.wait("gated", *OVER)
    require(status["phase"] == "RolledBack", f"it ended {status['phase']}: {status.get('reason')}")
    require("smoke is bad" in status.get("whyBack", ""), f"it does not say why: {status.get('whyBack')}")
    require(world.agent.booted["n1"] == release("one") and len(world.agent.operations["n1"]) == 2, "the canary did not go forth and back")
    require(not any(world.agent.operations[name] for name in world.names[1:]), "more than the canary was changed")
    world.check_promises("gated")
    world.check_booted("one")
    bad.unlink()


def halted_it_waits_for_a_word(world):
    bad = world.keelson.folder / "bad"
    bad.touch()
    world.create("waits", "three", gates=[gate(world)], rollback="never")
    world.wait("waits", "Halted")
    bad.unlink()
    world.ask("waits", acknowledgedHalts=1)
    require(world.wait("waits", *OVER)["phase"] == "Completed", "it did not go on")
    world.check_promises("waits")
    world.check_booted("three")


def somebody_rolls_it_back(world):
    world.create("regretted", "four", batches=[{"name": "canary", "nodes": ["n1", "n4"]},
                                              {"name": "rest", "nodes": ["n2", "n3", "n5", "n6"], "needsApproval": True}])
    world.wait("regretted", "WaitingForApproval")
    world.ask("regretted", rollBack=True)
    require(world.wait("regretted", *OVER)["phase"] == "RolledBack", "it did not go back")
    world.check_promises("regretted")
    world.check_booted("three")


def what_did_not_boot_as_released_stays_out(world):
    world.agent.misbehave["n1"] = "wrong-image"
    world.create("wrong", "five", rollback="never")
    status = world.wait("wrong", "Halted")
    node = status["nodes"]["n1"]
    require(node["stage"] == "Quarantined" and "the image is" in node.get("failure", ""), f"n1: {node}")
    marks = world.observer.left_behind()
    require(list(marks) == ["n1"] and "cordon" in marks["n1"] and "label keelson.dev/quarantined" in marks["n1"], f"n1 should be marked: {marks}")
    # Its word is that the node goes back, which works again.
    world.agent.misbehave.clear()
    world.ask("wrong", rollBack=True)
    require(world.wait("wrong", *OVER)["phase"] == "RolledBack", "it did not go back")
    world.check_promises("wrong")
    world.check_booted("three")


@case
def it_halts_and_goes_back(keelson):
    with World(keelson) as world:
        world.keep_controller()
        a_failing_gate_halts_and_it_goes_back_by_itself(world)
        halted_it_waits_for_a_word(world)
        somebody_rolls_it_back(world)
        what_did_not_boot_as_released_stays_out(world)


def a_plan_that_does_not_fit_is_refused(world):
    plan = {"batches": [{"name": "all", "nodes": [*world.names, "n99"]}], "nodes": [*world.names, "n99"]}
    world.create("unfit", "two", **plan)
    refused = world.wait_until(lambda: (lambda it: it.get("status") == "False" and it)(world.condition("unfit", "Accepted")), "a refusal")
    require("n99" in refused.get("message", ""), f"it does not say what has changed: {refused}")
    require(not world.observer.left_behind() and not begun(world, "unfit"), "something was done all the same")
    world.remove("unfit")


def a_frozen_plan_stays_frozen(world):
    """Where the server has no CEL, the controller must see it."""
    world.create("frozen", "two", batches=[{"name": "canary", "nodes": ["n1"]}, {"name": "rest", "nodes": world.names[1:], "needsApproval": True}])
    world.wait("frozen", "WaitingForApproval")
    before = world.admin.get(f"{ROLLOUTS}/frozen")["spec"]["plan"]
    changed = {**before, "batches": [{"name": "canary", "nodes": world.names}]}
    world.admin.patch(f"{ROLLOUTS}/frozen", {"spec": {"plan": changed, "approvedBatches": ["canary", "rest"]}})
    time.sleep(3)
    require(begun(world, "frozen") == ["n1"], f"it has gone on with another plan: {begun(world, 'frozen')}")
    # Though it can't be read so, it holds its nodes.
    world.create("beside", "three")
    refused = world.wait_until(lambda: (lambda it: it.get("status") == "False" and it)(world.condition("beside", "Accepted")), "a refusal")
    require(refused["reason"] == "PoolBusy" and "frozen" in refused["message"], f"it does not say by whom: {refused}")
    world.remove("beside")
    world.admin.patch(f"{ROLLOUTS}/frozen", {"spec": {"plan": before, "approvedBatches": []}})
    world.ask("frozen", aborted=True)
    require(world.wait("frozen", *OVER)["phase"] == "Aborted", "it did not end as aborted")
    world.check_promises("frozen")


def who_may_nothing_is_told(world):
    token = world.cluster.service_account("keelson-system", "powerless")
    kubeconfig = world.cluster.write_kubeconfig("powerless", {"token": token})
    process = world.start_controller(kubeconfig=kubeconfig)
    world.wait_until(lambda: process.poll() is not None, "a controller that may nothing to end")
    said = process.log.read_text()
    require("error: cannot drive rollouts: the account may not" in said and "patch nodes" in said, f"it does not say what it lacks:\n{said}")


def a_pool_is_counted_and_asks_for_its_rollout(world):
    """What the controller counts is what people see, and what it plans waits for them."""
    for word in ("one", "two"):
        facts = {key: value for key, value in release(word).items() if key != "name"}
        world.admin.create(f"{API}/imagereleases", {"apiVersion": "keelson.dev/v1alpha1", "kind": "ImageRelease",
                                                    "metadata": {"name": f"release-{word}"}, "spec": facts})
    world.admin.create(f"{API}/nodepools", {"apiVersion": "keelson.dev/v1alpha1", "kind": "NodePool", "metadata": {"name": "counted"},
                                            "spec": {"selector": {"matchLabels": {"pool": "workers"}}, "release": "release-one"}})

    def shown():
        result = world.keelson.run("fleet", "status", "--json", "--kubeconfig", str(world.account))
        return json.loads(result.out)["pools"][0] if result.code == 0 else {}
    world.wait_until(lambda: shown().get("counts", {}).get("current") == 6, "six nodes to be counted as current")
    world.admin.patch(f"{API}/nodepools/counted", {"spec": {"release": "release-two", "mode": "Plan"}})
    world.wait_until(lambda: shown().get("counts", {}).get("outdated") == 6 and shown()["rollout"] == "counted-release-two",
                     "its rollout to be planned")
    world.wait("counted-release-two", "WaitingForApproval")
    world.admin.patch(f"{API}/nodepools/counted", {"spec": {"mode": "Observe"}})
    world.ask("counted-release-two", aborted=True)
    require(world.wait("counted-release-two", *OVER)["phase"] == "Aborted", "it did not end as aborted")
    world.check_promises("counted-release-two")
    world.admin.remove(f"{API}/nodepools/counted")


@case
def what_can_not_be_is_refused(keelson):
    with World(keelson) as world:
        who_may_nothing_is_told(world)
        world.keep_controller()
        a_plan_that_does_not_fit_is_refused(world)
        try:
            world.create("nonsense", "two", batches=[{"name": "all", "nodes": ["n1", "n1"]}])
        except Refused:
            pass  # by the schema
        else:
            refused = world.wait_until(lambda: (lambda it: it.get("status") == "False" and it)(world.condition("nonsense", "Accepted")), "a refusal")
            require("n1" in refused["message"], f"it does not say why: {refused}")
            world.remove("nonsense")
        a_pool_is_counted_and_asks_for_its_rollout(world)
        a_frozen_plan_stays_frozen(world)


@case
def the_observer_sees_what_must_not_be(keelson):
    """By hand, what no rollout may do: a check that can't fail proves nothing."""
    def broken(world):
        try:
            world.check_promises("none")
        except Broken as story:
            return str(story)
        return ""

    with World(keelson) as world:
        time.sleep(KNOWN_AFTER + 1)  # the pods have been there
        require(not broken(world), "something is wrong already")
        world.admin.patch("/api/v1/nodes/n1", {"spec": {"unschedulable": True}})
        world.wait_until(lambda: "left on nodes: {'n1'" in broken(world), "a cordon to be seen")
        world.admin.patch("/api/v1/nodes/n4", {"spec": {"unschedulable": True}})
        world.wait_until(lambda: world.observer.most_down == 2, "two nodes to be down")
        require(not world.observer.violations, "two nodes of different budgets may be down")
        world.admin.patch("/api/v1/nodes/n2", {"spec": {"unschedulable": True}})
        world.wait_until(lambda: len(world.observer.violations) >= 2, "three nodes to be too many")
        said = " ".join(world.observer.violations)
        require("3 nodes are down at once" in said and "two nodes with pods of budget 0" in said, said)
        world.observer.violations.clear()
        for name in world.names:
            world.admin.patch(f"/api/v1/nodes/{name}", {"spec": {"unschedulable": None}})
        world.wait_until(lambda: not broken(world) or world.observer.violations.clear(), "all nodes to be back")
        for attempt in (1, 2):
            operation = {"name": f"uid/n3/forward-{attempt}", "release": release("two")}
            world.admin.patch(f"{RECORDS}/n3", {"spec": {"operation": operation}})
            world.wait_until(lambda: len(world.agent.operations["n3"]) == attempt, "the operation")
        require("n3 was acted on twice" in broken(world), "a node was acted on twice, and nobody saw it")


if __name__ == "__main__":
    main()
