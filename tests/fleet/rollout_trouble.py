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


# ---- who it says it is ----
ACCOUNT = "system:serviceaccount:keelson-system:keelson-controller"
VALID = 10  # seconds


def replace(path, text):
    """As a tool that renews certificates does: whole or not at all."""
    path.with_suffix(".new").write_text(text)
    path.with_suffix(".new").rename(path)


def accepted_no_more(world, *words):
    """Until /readyz says so, which it does for good: the lease is lost, and the next process waits with the same page."""
    def look():
        code, text = world.page("/readyz")
        return code == 503 and all(word in text for word in ("not ok identity: the API server has not accepted who we say we are since ", *words))
    world.wait_until(look, f"a page that says {words}")


def its_certificate_ends_and_is_renewed(world, certificate, key):
    done = begin(world, "expired", "two")
    accepted_no_more(world, "the client certificate ended at ")
    first = world.controllers[0]
    world.wait_until(lambda: first.poll() == 6, "the first process to lose its lease")
    require("ERROR   the API server has not accepted who we say we are" in first.log.read_text(), first.log.read_text())
    world.ask("expired", approvedBatches=["rest"])
    accepted_no_more(world, "the client certificate ended at ")
    require(sum(map(len, world.agent.operations.values())) == done and not world.observer.left_behind(), "something was done")
    processes = len(world.controllers)
    fresh = world.cluster.authority.sign("fresh", f"/CN={ACCOUNT}")
    for old, new in zip((key, certificate), fresh[::-1]):
        replace(old, new.read_text())
    finish(world, "expired", "two")
    require(len(world.controllers) == processes, "somebody had to restart it")


def its_token_is_revoked_and_replaced(world, token):
    done = begin(world, "revoked", "three")
    world.admin.remove("/api/v1/namespaces/keelson-system/serviceaccounts/keelson-controller")
    world.ask("revoked", paused=True)
    accepted_no_more(world, "the token may have ended or been revoked")
    world.ask("revoked", paused=False, approvedBatches=["rest"])
    require(sum(map(len, world.agent.operations.values())) == done, "something was done")
    replace(token, world.cluster.service_account("keelson-system", "keelson-controller"))
    finish(world, "revoked", "three")


@case
def an_identity_that_ends_is_told_and_its_successor_taken(keelson):
    with World(keelson, lease="4s", listen="127.0.0.1:0") as world:
        certificate, key = world.cluster.authority.sign("short", f"/CN={ACCOUNT}", seconds=VALID)
        world.account = world.cluster.write_kubeconfig("short", {"client-certificate": str(certificate), "client-key": str(key)})
        world.keep_controller()
        its_certificate_ends_and_is_renewed(world, certificate, key)
        world.kept = None
        world.kill_controllers()
        token = keelson.folder / "token"
        token.write_text(world.cluster.service_account("keelson-system", "keelson-controller"))
        world.account = world.cluster.write_kubeconfig("rotated", {"tokenFile": str(token)})
        world.keep_controller()
        its_token_is_revoked_and_replaced(world, token)


if __name__ == "__main__":
    main()
