"""Caches on disks that are full or cannot be written to."""
import os

from archive import Archive
from program import case, main, private_mounts, require


@case
def a_full_cache_disk_is_unavailable(keelson):
    keelson.cache.mkdir()
    prefix = private_mounts(f"mount -t tmpfs -o size=1m keelson-test {keelson.cache}")
    with Archive(keelson.folder) as archive:
        archive.make_package("alpha", files={"usr/share/alpha/noise": os.urandom(4 << 20)})
        archive.publish()
        recipe = archive.recipe(keelson.folder / "test.yaml", ["alpha"])
        keelson.run("build", recipe, "-o", "out", prefix=prefix).expect(6, "no space left on device", "hint: ")
    require(not list((keelson.folder / "out").glob("*")), "the build left something")


@case
def a_read_only_cache_is_refused(keelson):
    keelson.cache.mkdir()
    prefix = private_mounts(f"mount -t tmpfs -o ro keelson-test {keelson.cache}")
    with Archive(keelson.folder) as archive:
        archive.make_package("alpha")
        archive.publish()
        recipe = archive.recipe(keelson.folder / "test.yaml", ["alpha"])
        keelson.run("lock", recipe, "-o", "test.lock.json", prefix=prefix).expect(
            5, f"cannot write to cache '{keelson.cache}': ", "hint: choose another folder with --cache-dir")
    require(not (keelson.folder / "test.lock.json").exists(), "a lock was written all the same")


@case
def a_read_only_cache_serves_a_lock_offline(keelson):
    with Archive(keelson.folder) as archive:
        archive.make_package("alpha")
        archive.make_package("beta")
        archive.publish()
        recipe = archive.recipe(keelson.folder / "test.yaml", ["alpha"])
        keelson.run("lock", recipe, "-o", "test.lock.json").expect(0)
        recipe = archive.recipe(keelson.folder / "test.yaml", ["beta"])  # resolved anew: the answer cannot be kept
        prefix = private_mounts(f"mount --bind {keelson.cache} {keelson.cache}", f"mount -o remount,bind,ro {keelson.cache}")
        result = keelson.run("lock", recipe, "--offline", "-o", "test.lock.json", prefix=prefix).expect(0)
    require(result.err.count("warning: ") == 1 and "read-only file system" in result.err, f"expected one warning: {result}")


main()
