#!/usr/bin/env python3
"""What goes wrong around a rollout while it runs: rights and identities that are lost. A test per case:
`rollout_trouble.py PROGRAM CASE`. The real controller and a real API server, as in rollout.py.
"""
import contextlib

from kubernetes import RBAC
from program import case, main, require
from rollout_world import OVER, World

ROLE = f"{RBAC}/clusterroles/keelson-controller"


@contextlib.contextmanager
def without(world, verb, resource):
    """Inside, the controller's account lacks that right."""
    whole = world.admin.get(ROLE)["rules"]
    rules = [{**rule, "verbs": [each for each in rule["verbs"] if each != verb]} if resource in rule["resources"] else rule for rule in whole]
    require(rules != whole, f"the account has no right to {verb} {resource}")
    world.admin.patch(ROLE, {"rules": [rule for rule in rules if rule["verbs"]]})
    try:
        yield
    finally:
        world.admin.patch(ROLE, {"rules": whole})


def begin(world, name, target):
    """One node is moved; the others wait for approval."""
    world.create(name, target, batches=[{"name": "canary", "nodes": ["n2"]},
                                        {"name": "rest", "nodes": ["n1", "n3", "n4", "n5", "n6"], "needsApproval": True}])
    world.wait(name, "WaitingForApproval")
    return sum(map(len, world.agent.operations.values()))


def told(world, name, right):
    """The condition, once it names the right."""
    def look():
        found = world.condition(name, "Progressing")
        return found.get("reason") == "Forbidden" and f"may not {right}" in found.get("message", "") and found
    return world.wait_until(look, f"a condition of {name} that names '{right}'")


def finish(world, name, target):
    status = world.wait(name, *OVER)
    require(status["phase"] == "Completed", f"it ended {status['phase']}: {status.get('reason')}")
    require(not any(node.get("failed") for node in status["nodes"].values()), f"nodes failed: {status['nodes']}")
    require(world.condition(name, "Progressing")["reason"] == "Completed", f"{world.condition(name, 'Progressing')}")
    world.check_promises(name)
    world.check_booted(target)


def it_may_not_evict(world):
    done = begin(world, "unevicted", "two")
    with without(world, "create", "pods/eviction"):
        world.ask("unevicted", approvedBatches=["rest"])
        condition = told(world, "unevicted", "create pods/eviction")
        require(condition["status"] == "False" and "keelson-system:keelson-controller" in condition["message"], f"{condition}")
        require(world.status("unevicted")["reason"] == condition["message"], f"the reason is {world.status('unevicted').get('reason')}")
        code, text = world.page("/readyz")
        require(code == 503 and "not ok rights: " in text and "create pods/eviction" in text, f"/readyz says {code} {text}")
        require(sum(map(len, world.agent.operations.values())) == done, "a node was changed that was not drained")
        shown = world.keelson.run("fleet", "status", "unevicted", "--kubeconfig", world.cluster.kubeconfig)
        require(shown.code == 0 and "may not create pods/eviction" in shown.out, f"{shown}")
    finish(world, "unevicted", "two")
    world.wait_until(lambda: world.page("/readyz")[0] == 200, "the controller to be ready again")


def it_may_not_touch_nodes(world):
    done = begin(world, "untouched", "three")
    with without(world, "patch", "nodes"):
        world.ask("untouched", approvedBatches=["rest"])
        told(world, "untouched", "patch nodes")
        require(sum(map(len, world.agent.operations.values())) == done, "a node was changed that was not cordoned")
        require(not world.observer.left_behind(), f"{world.observer.left_behind()}")
    finish(world, "untouched", "three")


def it_may_not_ask_for_operations(world):
    begin(world, "unasked", "four")
    with without(world, "patch", "noderecords"):
        world.ask("unasked", approvedBatches=["rest"])
        told(world, "unasked", "patch noderecords.keelson.dev")
    finish(world, "unasked", "four")


def it_may_not_say_where_it_is(world):
    """What can't be stored is not done."""
    done = begin(world, "unsaid", "five")
    with without(world, "patch", "noderollouts/status"):
        world.ask("unsaid", approvedBatches=["rest"])
        world.wait_until(lambda: "may not patch noderollouts.keelson.dev/status" in world.page("/readyz")[1], "a page that says so")
        require(sum(map(len, world.agent.operations.values())) == done and not world.observer.left_behind(), "something was done")
        require("RBAC: verb patch, resource noderollouts/status" in world.logs(), world.logs())
    finish(world, "unsaid", "five")


@case
def a_right_that_is_lost_is_named_and_waited_for(keelson):
    with World(keelson, listen="127.0.0.1:0") as world:
        world.keep_controller()
        it_may_not_evict(world)
        it_may_not_touch_nodes(world)
        it_may_not_ask_for_operations(world)
        it_may_not_say_where_it_is(world)


if __name__ == "__main__":
    main()
