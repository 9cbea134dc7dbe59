"""Builds of recipes/minimal.yaml that are killed, interrupted or terminated half-way."""
import os
import random
import signal
import time

from program import Broken, case, check_no_orphans, main, mounts, require, temporaries
from real_packages import RECIPE, RealPackages, digest

KILLS = 10


def build(real, out):
    return ["build", RECIPE, "--lock", real.lock, "--offline", "--fresh", "--format", "raw", "-o", out]


def undisturbed(keelson, real):
    """What a build gives that nobody disturbs: {name: digest}, and how long it takes."""
    out = keelson.folder / "undisturbed"
    began = time.monotonic()
    keelson.run(*build(real, out), cache=real.cache).expect(0)
    seconds = time.monotonic() - began
    digests = {path.name: digest(path) for path in out.iterdir()}
    (out / "minimal.raw").unlink()
    return digests, seconds


def check_whole(out, digests):
    """Nothing half stands under a final name. (SHA256SUMS grows with what stands beside it: its lines are checked.)"""
    for path in out.iterdir():
        if path.name == "SHA256SUMS":
            for line in path.read_text().splitlines():
                require(digests[line[66:]] == line[:64], f"SHA256SUMS is wrong: {line}")
        elif not path.name.startswith(".keelson-tmp-"):
            require(digest(path) == digests[path.name], f"'{path.name}' is not whole")


def start_and_signal(keelson, real, out, seconds, number):
    """Starts a build and signals it after `seconds`. Returns (exit code, what it said, how long it still took)."""
    process = keelson.start(*build(real, out), cache=real.cache)
    time.sleep(seconds)
    began = time.monotonic()
    if number == signal.SIGINT:
        os.killpg(process.pid, number)  # as a terminal does
    else:
        process.send_signal(number)
    out_text, err = process.communicate(timeout=60)
    return process.returncode, out_text + err, time.monotonic() - began


@case
def kill_9_leaves_nothing_and_the_next_build_is_the_same(keelson):
    real = RealPackages(keelson)
    digests, duration = undisturbed(keelson, real)
    seed = os.environ.get("KEELSON_TEST_SEED") or str(random.SystemRandom().randrange(10**6))
    moments = random.Random(seed)
    before = mounts()
    out = keelson.folder / "out"
    out.mkdir()
    for turn in range(KILLS):
        after = moments.uniform(0.02, 1) * duration
        _, said, _ = start_and_signal(keelson, real, out, after, signal.SIGKILL)
        try:
            check_no_orphans()
            require(mounts() == before, "mounts are left")
            check_whole(out, digests)
        except Broken as story:
            raise Broken(f"killed after {after:.2f} s (turn {turn}, KEELSON_TEST_SEED={seed}): {story}\n{said}") from None
    keelson.run(*build(real, out), cache=real.cache).expect(0)
    require({path.name: digest(path) for path in out.iterdir()} == digests, f"the bytes differ (KEELSON_TEST_SEED={seed})")
    require(not temporaries(real.cache), f"temporary files are left in the cache: {temporaries(real.cache)}")


def stop_politely(keelson, number):
    real = RealPackages(keelson)
    digests, duration = undisturbed(keelson, real)
    before = temporaries(real.cache)
    for share in (0.1, 0.5, 0.9):
        out = keelson.folder / f"out-{share}"
        code, said, took = start_and_signal(keelson, real, out, share * duration, number)
        if code == 0:
            continue  # it was faster than the first
        require(code in (-number, 128 + number), f"it ended with {code}:\n{said}")
        require(took < 5, f"it took {took:.1f} s to end")
        check_no_orphans()
        check_whole(out, digests)
        left = [*temporaries(out), *(path for path in temporaries(real.cache) if path not in before)]
        require(not left, f"stopped after {share} of the time, it left {[str(path) for path in left]}")


@case
def ctrl_c_leaves_nothing_and_ends_at_once(keelson):
    stop_politely(keelson, signal.SIGINT)


@case
def a_terminated_build_leaves_nothing(keelson):
    stop_politely(keelson, signal.SIGTERM)


main()
