#!/usr/bin/env python3
"""kill -9 at any moment: rollouts whose controller is killed, again and again, and what must be true all the same.

    rollout_kills.py PROGRAM CASE          a case is a range of seeds
    KEELSON_SEEDS=17 rollout_kills.py …    these instead: "17", or "1-200"

Every seed is a rollout of its own in the same cluster. The low ones kill once, exactly when the status tells of the seed's
number of changes; the others draw lots: how often, at which changes or after which times, with one controller or two,
and whether the rollout is to complete, to go back by its gate, or is aborted. What an observer sees from outside
(rollout_observer.py) decides. A failing seed is printed; repeating it repeats the lots, not the machine's timing.
"""
import dataclasses
import os
import random
import sys
import threading
import time

from kubernetes_client import Follower
from program import case, main, require
from rollout_world import OVER, ROLLOUTS, World, release

EXACT = 50  # seeds up to here: one kill each, at that change; a rollout of six nodes has about as many


@dataclasses.dataclass
class Lots:
    at_changes: list
    after_seconds: list
    pause: float  # between a kill and the next start
    pair: bool
    fate: str  # "complete", "back", "abort"
    fate_at: int  # change


def draw(seed):
    if seed <= EXACT:
        return Lots([seed], [], 0, False, "complete", 0)
    dice = random.Random(seed)
    timed = dice.random() < 0.5
    count = dice.randint(1, 5)
    return Lots(at_changes=[] if timed else sorted(dice.sample(range(1, EXACT), count)),
                after_seconds=[dice.expovariate(0.8) for _ in range(count)] if timed else [],
                pause=dice.choice([0, 0, 0.5]), pair=dice.random() < 0.25,
                fate=dice.choices(["complete", "back", "abort"], [6, 3, 1])[0], fate_at=dice.randint(5, 40))


class Changes:
    """Counts the stages and phases that a rollout's status tells of, and calls what waits for a count at once."""

    def __init__(self, world, name):
        self.seen, self.count, self.waiting, self.over = {}, 0, [], threading.Event()
        self.name = name
        self.follower = Follower(world.admin, ROLLOUTS, self.on_rollout)

    def on_rollout(self, kind, rollout):
        if rollout["metadata"]["name"] != self.name or kind == "DELETED":
            return
        status = rollout.get("status", {})
        now = {node: each["stage"] for node, each in status.get("nodes", {}).items()}
        now["phase"] = status.get("phase")
        self.count += sum(1 for key, value in now.items() if self.seen.get(key) != value)
        self.seen = now
        for at, function in [each for each in self.waiting if each[0] <= self.count]:
            self.waiting.remove((at, function))
            function()
        if status.get("phase") in OVER:
            self.over.set()


def run(world, seed):
    lots = draw(seed)
    name = f"seed-{seed}"
    target = f"s{seed}"
    before = {node: dict(each) for node, each in world.agent.booted.items()}
    bad = world.keelson.folder / "bad"
    lock, alive, kills = threading.Lock(), [], [0]

    def strike():
        with lock:
            for process in alive:
                process.kill()
            for process in alive:
                process.wait()
            kills[0] += 1

    changes = Changes(world, name)
    changes.waiting += [(at, strike) for at in lots.at_changes]
    if lots.fate == "back":
        changes.waiting.append((lots.fate_at, bad.touch))
    elif lots.fate == "abort":
        changes.waiting.append((lots.fate_at, lambda: world.ask(name, aborted=True)))
    gates = [{"name": "file", "command": {"run": ["/bin/sh", "-c", f"test ! -e '{bad}'"], "timeout": "20s"}}] if lots.fate == "back" else []
    begin = look_at_budgets = time.monotonic()
    times = [begin + sum(lots.after_seconds[:i + 1]) for i in range(len(lots.after_seconds))]
    with changes.follower:
        uid = world.create(name, target, gates=gates, maxRollback=len(world.names))["metadata"]["uid"]
        while not changes.over.is_set():
            with lock:
                alive[:] = [process for process in alive if process.poll() is None]
                missing = (2 if lots.pair else 1) - len(alive)
                for _ in range(missing):
                    alive.append(world.start_controller())
            if times and time.monotonic() >= times[0]:
                times.pop(0)
                strike()
                time.sleep(lots.pause)
            require(time.monotonic() - begin < 1200,
                    f"it does not end: {world.status(name)}\n{world.observer.story()}\n{world.trouble()}\n{world.logs()}")
            if time.monotonic() >= look_at_budgets:
                world.forget_broken_evictions()
                look_at_budgets = time.monotonic() + 2
            changes.over.wait(0.02)
    # What it still does after its end must be nothing: a controller may look at it a little longer.
    status = world.status(name)
    world.check_promises(name)
    check_outcome(world, lots, status, before, target, uid)
    # It may have been killed at the very end, and on a busy machine one may lose its lease while it takes the finalizer away.
    living = [process for process in alive if process.poll() is None]
    world.kept = living[0] if living else world.start_controller()
    world.remove(name)
    for process in [*living, world.kept]:
        world.kill(process)
    world.kept = None
    bad.unlink(missing_ok=True)
    print(f"seed {seed}: {status['phase']} after {time.monotonic() - begin:.1f} s, {changes.count} changes, {kills[0]} kills, "
          f"{len(world.observer.violations)} violations, {world.observer.events} versions of nodes seen", flush=True)
    return kills[0]


def check_outcome(world, lots, status, before, target, uid):
    phase = status["phase"]
    may_be = {"complete": ("Completed",), "back": ("Completed", "RolledBack"), "abort": ("Completed", "Aborted")}[lots.fate]
    require(phase in may_be, f"it ended {phase}: {status.get('reason')}\n{world.logs()}")
    for node in world.names:
        ours = [operation for operation in world.agent.operations[node] if operation.startswith(f"{uid}/")]
        wanted = release(target) if len(ours) == 1 else before[node]
        require(world.agent.booted[node] == wanted, f"node {node} has {world.agent.booted[node]['name']} after {ours}")
        require(phase != "Completed" or len(ours) == 1, f"node {node} was to be changed once: {ours}")
        require(phase != "RolledBack" or len(ours) in (0, 2), f"node {node} was to go forth and back, or nothing: {ours}")


def run_all(keelson, seeds):
    if os.environ.get("KEELSON_SEEDS"):
        first, _, last = os.environ["KEELSON_SEEDS"].partition("-")
        seeds = range(int(first), int(last or first) + 1)
    kills = 0
    with World(keelson, lease="2s") as world:
        for seed in seeds:
            try:
                kills += run(world, seed)
            except BaseException:
                print(f"seed {seed} broke a promise; again: KEELSON_SEEDS={seed} {sys.argv[0]} PROGRAM {sys.argv[2]}\n{draw(seed)}", flush=True)
                raise
            for process in world.controllers:
                process.log.unlink(missing_ok=True)
            world.controllers.clear()
    print(f"{len(seeds)} rollouts, {kills} kills")


@case
def a_few_kills(keelson):
    run_all(keelson, [3, 19, 35, 101, 103])


@case
def a_kill_at_every_change(keelson):
    run_all(keelson, range(1, EXACT + 1))


@case
def kills_by_lot(keelson):
    run_all(keelson, range(EXACT + 1, 211))


if __name__ == "__main__":
    main()
