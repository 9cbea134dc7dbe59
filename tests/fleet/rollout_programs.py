#!/usr/bin/env python3
"""Rollouts whose nodes are changed by a program of the user's (back end exec). `rollout_programs.py PROGRAM CASE`."""
import json
import threading
import time

from program import case, main, require
from rollout_agent import RECORDS
from rollout_world import API, OVER, World, release

# Hands over what it was told, and waits until its node is done; or says something and fails, or hangs.
SCRIPT = """folder=$1; node=$KEELSON_NODE
case $(cat "$folder/$node.how" 2>/dev/null) in
  fail) echo fetching; echo "no space left on $node" >&2; exit 3;;
  hang) echo "waiting for the disk of $node"; exec sleep 1000;;
esac
cat > "$folder/$node.part"; mv "$folder/$node.part" "$folder/$node.asked"
until test -e "$folder/$node.done"; do sleep 0.1; done
rm "$folder/$node.done"; echo "$KEELSON_RELEASE is on $node"
"""


class Disks:
    """What the program changes: does with the imitated nodes what it asks for."""

    def __init__(self, world):
        self.world, self.folder = world, world.keelson.folder / "disks"
        self.folder.mkdir()
        (self.folder / "change").write_text(SCRIPT)
        self.asked, self.failure = [], None
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.thread.join(60)

    def run(self):
        while not self.stopping.wait(0.05):
            for file in self.folder.glob("*.asked"):
                asked = json.loads(file.read_text())
                file.unlink()
                self.asked.append(asked)
                self.world.agent.carry_out(asked["node"], asked["name"], asked["release"])
                (self.folder / f"{asked['node']}.done").touch()

    def how(self, node, word):
        file = self.folder / f"{node}.how"
        file.write_text(word) if word else file.unlink()

    def back_end(self, timeout="60s"):
        return {"backEnd": {"exec": {"command": ["/bin/sh", str(self.folder / "change"), str(self.folder)], "timeout": timeout}}}

    def images(self, direction):
        return {asked.get("image", "") for asked in self.asked if f"/{direction}-" in asked["name"]}


def operation(world, node):
    return world.admin.get(f"{RECORDS}/{node}")["status"]["operation"]


def it_goes_to_the_end(world, disks):
    world.create("moved", "two", wishes={**disks.back_end(), "image": "registry.example/two"})
    status = world.wait("moved", *OVER)
    require(status["phase"] == "Completed", f"it ended {status['phase']}: {status.get('reason')}")
    world.check_promises("moved")
    world.check_booted("two")
    require(sorted(asked["node"] for asked in disks.asked) == world.names, f"{disks.asked}")
    require(disks.images("forward") == {"registry.example/two"}, f"{disks.images('forward')}")
    require(operation(world, "n1")["message"] == "release-two is on n1", f"{operation(world, 'n1')}")


def it_goes_back_with_the_image_of_before(world, disks):
    """The release that a node goes back to is an ImageRelease: the program is told where its image is."""
    known = {**{key: value for key, value in release("two").items() if key != "name"}, "image": "registry.example/two@old"}
    world.admin.create(f"{API}/imagereleases", {"apiVersion": "keelson.dev/v1alpha1", "kind": "ImageRelease", "metadata": {"name": "release-two"},
                                                "spec": known})
    for name, images in (("known", {"registry.example/two@old"}), ("unknown", {""})):
        disks.asked.clear()
        world.create(name, "three", wishes={**disks.back_end(), "image": "registry.example/three"},
                     batches=[{"name": "canary", "nodes": ["n1"]}, {"name": "rest", "nodes": world.names[1:], "needsApproval": True}])
        world.wait(name, "WaitingForApproval")
        world.ask(name, rollBack=True)
        require(world.wait(name, *OVER)["phase"] == "RolledBack", "it did not go back")
        world.check_booted("two")
        require(disks.images("forward") == {"registry.example/three"}, f"{disks.asked}")
        require(disks.images("back") == images, f"{name}: {disks.images('back')}")
        world.check_promises(name)
        world.admin.remove(f"{API}/imagereleases/release-two")


def its_failure_is_told(world, disks, name, how, words, timeout="60s"):
    disks.how("n1", how)
    world.create(name, "four", wishes=disks.back_end(timeout), rollback="never")
    status = world.wait(name, "Halted")
    node = status["nodes"]["n1"]
    require(node["stage"] == "Quarantined" and node["failed"], f"n1: {node}")
    for text in (node["failure"], status["reason"]):
        require("its image could not be put in place: " in text and words in text, f"it does not say why: {text!r}")
    require([each for each, stage in world.stages(name).items() if stage != "Pending"] == ["n1"], f"{world.stages(name)}")
    return world.observer.left_behind()


def it_fails(world, disks):
    marks = its_failure_is_told(world, disks, "fails", "fail", "exit code 3: no space left on n1")
    require(list(marks) == ["n1"] and "cordon" in marks["n1"], f"{marks}")
    disks.how("n1", None)
    world.ask("fails", rollBack=True)
    require(world.wait("fails", *OVER)["phase"] == "RolledBack", "it did not go back")
    world.check_promises("fails")
    world.check_booted("two")


def it_hangs_and_its_label_is_lost(world, disks):
    """The controller is killed as it ends the rollout, before the label of a node in quarantine was seen: it is asked for again."""
    its_failure_is_told(world, disks, "hangs", "hang", "the program took longer than 2 s and was stopped: waiting for the disk of n1", "2s")
    label = "keelson.dev/quarantined"
    marked = lambda: label in world.admin.get("/api/v1/nodes/n1")["metadata"]["labels"]  # pylint: disable=unnecessary-lambda-assignment
    world.wait_until(marked, "the label")
    world.wait_until(lambda: "toMark" not in world.status("hangs")["nodes"]["n1"], "the label to have been seen")
    world.ask("hangs", aborted=True)
    world.wait("hangs", "Aborted")
    world.kept = None
    world.kill_controllers()
    # As if it had been killed a moment before: the status says that the label is to be set, and there is none.
    world.admin.patch("/api/v1/nodes/n1", {"metadata": {"labels": {label: None}}})
    world.admin.patch("/apis/keelson.dev/v1alpha1/noderollouts/hangs/status", {"status": {"nodes": {"n1": {"toMark": True}}}})
    world.keep_controller()
    world.wait_until(marked, "the label after a restart")
    world.wait_until(lambda: "toMark" not in world.status("hangs")["nodes"]["n1"], "the label to have been seen again")
    # Whoever takes it away now has looked at the node.
    world.admin.patch("/api/v1/nodes/n1", {"metadata": {"labels": {label: None}}})
    time.sleep(2)
    require(not marked(), "the label of a node that somebody gave back was set again")


@case
def a_program_changes_nodes_to_the_end_or_says_why_not(keelson):
    with World(keelson) as world, Disks(world) as disks:
        world.agent.by_hand = True
        world.keep_controller()
        it_goes_to_the_end(world, disks)
        it_goes_back_with_the_image_of_before(world, disks)
        it_fails(world, disks)
        it_hangs_and_its_label_is_lost(world, disks)


if __name__ == "__main__":
    main()
