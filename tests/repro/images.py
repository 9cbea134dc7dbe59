"""recipes/minimal.yaml, built several times from one lock: the bytes must be the same."""
import os
import shutil
import time

from ordinary_user import ORDINARY, as_ordinary_user
from program import case, main, require
from real_packages import RECIPE, RealPackages, digest

DEFAULT = RECIPE.parent / "container-host.yaml"
FORMATS = "raw,qcow2,vhd-fixed"


def build(keelson, real, out, *options, **how):
    """Builds all formats into `out`; returns {name: digest} and throws the files away."""
    keelson.run("build", RECIPE, "--lock", real.lock, "--format", FORMATS, "-o", out, *options, **how).expect(0)
    digests = {path.name: digest(path) for path in sorted(out.iterdir())}
    shutil.rmtree(out)
    expected = {"SHA256SUMS", "minimal.lock.json"} | {f"minimal.{suffix}{more}" for suffix in ("raw", "qcow2", "vhd")
                                                     for more in ("", ".manifest.json", ".spdx.json", ".cdx.json")}
    require(set(digests) == expected, f"the outputs are {sorted(digests)}")
    return digests


def check_same(first, second, what):
    different = [name for name in first if first[name] != second[name]]
    require(not different, f"{what} changes {different}")


@case
def two_builds_of_one_lock_are_the_same(keelson):
    """Other caches, folders, time, umask, locale, time zone, processors: all that a build might notice."""
    real = RealPackages(keelson)
    real.copy_downloads(keelson.cache)
    first = build(keelson, real, keelson.folder / "out")
    time.sleep(2.1)  # FAT counts time in steps of two seconds
    elsewhere = keelson.folder / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    real.copy_downloads(elsewhere / "cache")
    one_processor = ["taskset", "--cpu-list", str(min(os.sched_getaffinity(0)))] if shutil.which("taskset") else []
    second = build(keelson, real, elsewhere / "deep/er/out", "--build-dir", elsewhere / "work", cache=elsewhere / "cache",
                   prefix=[*one_processor, "sh", "-c", 'umask 077; exec "$@"', "sh"],
                   environment={"LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8", "TZ": "Pacific/Kiritimati",
                                "SOURCE_DATE_EPOCH": "1", "HOME": "/nonexistent", "USER": "somebody"})
    check_same(first, second, "another environment")


@case
def an_ordinary_user_builds_the_same_as_root(keelson):
    prefix = as_ordinary_user(keelson)
    real = RealPackages(keelson)
    home = keelson.folder / "ordinary"
    real.copy_downloads(home / "cache")
    for path in (home / "cache").rglob("*"):
        shutil.chown(path, ORDINARY, ORDINARY)
    shutil.chown(home / "cache", ORDINARY, ORDINARY)
    lock = shutil.copy(real.lock, home / "minimal.lock.json")  # the shared cache may be where this user cannot look
    recipe = shutil.copy(RECIPE, home / "minimal.yaml")
    program = shutil.copy(keelson.program, home / "keelson")
    out = home / "out"
    words = ["build", recipe, "--lock", lock, "--format", FORMATS, "-o", out]
    keelson.program = program
    keelson.run(*words, prefix=prefix, cache=home / "cache", environment={"HOME": str(home), "TMPDIR": str(home)}).expect(0)
    owners = {path.stat().st_uid for path in out.iterdir()}
    require(owners == {ORDINARY}, f"the outputs belong to {owners}")
    theirs = {path.name: digest(path) for path in sorted(out.iterdir())}
    shutil.rmtree(out)
    check_same(build(keelson, real, keelson.folder / "out", "--fresh", cache=real.cache), theirs, "another user")


@case
def results_of_earlier_steps_give_the_same_as_fresh_ones(keelson):
    real = RealPackages(keelson)
    fresh = build(keelson, real, keelson.folder / "out", "--fresh", cache=real.cache)
    check_same(fresh, build(keelson, real, keelson.folder / "again", cache=real.cache), "using kept steps")


@case
def nothing_is_written_when_nothing_has_changed(keelson):
    real = RealPackages(keelson)
    words = ["build", RECIPE, "--lock", real.lock, "-o", keelson.folder / "out"]
    keelson.run(*words, cache=real.cache).expect(0)
    image = keelson.folder / "out/minimal.raw"
    before = image.stat()
    began = time.monotonic()
    result = keelson.run(*words, cache=real.cache).expect(0)
    took = time.monotonic() - began
    require("nothing has changed" in result.out, f"it said {result.out}")
    require(took < 1, f"it took {took:.2f} s to find that nothing has changed")
    after = image.stat()
    require((before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns), "the image was written again")


@case
def the_default_image_is_the_same_by_scripts_as_packaged_and_an_ordinary_user(keelson):
    """With the SELinux policy, which is compiled in one go or, as packaged, in two."""
    prefix = as_ordinary_user(keelson)
    real = RealPackages(keelson)
    keelson.run("build", DEFAULT, "--fresh", "-o", keelson.folder / "out", cache=real.cache, timeout=1200).expect(0)
    home = keelson.folder / "ordinary"
    real.copy_downloads(home / "cache")
    shutil.copytree(DEFAULT.parents[1] / "policies", home / "policies")
    (home / "recipes").mkdir()
    recipe = shutil.copy(DEFAULT, home / "recipes/container-host.yaml")
    lock = shutil.copy(keelson.folder / "out/container-host.lock.json", home / "container-host.lock.json")
    for path in [home, *home.rglob("*")]:
        shutil.chown(path, ORDINARY, ORDINARY)
    keelson.program = shutil.copy(keelson.program, home / "keelson")
    keelson.run("build", recipe, "--lock", lock, "--no-shortcuts", "-o", home / "out", prefix=prefix, cache=home / "cache",
                environment={"HOME": str(home), "TMPDIR": str(home)}, timeout=1200).expect(0)
    name = "container-host.raw"
    check_same({name: digest(keelson.folder / "out" / name)}, {name: digest(home / "out" / name)}, "another way to it")


main()
