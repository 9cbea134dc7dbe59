"""Whole builds of recipes/minimal.yaml that meet full disks, read-only caches and broken maintainer scripts."""
import shutil

from archive import Archive
from program import case, main, private_mounts, require, temporaries
from real_packages import RECIPE, RealPackages

KERNEL = ["linux-image-cloud-amd64", "systemd-boot-efi"]


def names(folder):
    """What stands in an output folder under a final name."""
    return sorted(path.name for path in folder.glob("*")) if folder.exists() else []


@case
def offline_builds_from_a_full_cache(keelson):
    real = RealPackages(keelson)
    real.copy_downloads(keelson.cache)
    no_network = private_mounts("ip link set lo down || true")
    no_network.insert(1, "--net")
    keelson.run("build", RECIPE, "--lock", real.lock, "--offline", "-o", "out", prefix=no_network).expect(0)
    require("minimal.raw" in names(keelson.folder / "out"), "there is no image")


@case
def a_read_only_cache_ends_a_build_with_one_error(keelson):
    real = RealPackages(keelson)
    prefix = private_mounts(f"mount --bind {real.cache} {real.cache}", f"mount -o remount,bind,ro {real.cache}")
    keelson.run("build", RECIPE, "--lock", real.lock, "--fresh", "-o", "out", prefix=prefix, cache=real.cache).expect(
        5, str(real.cache), "hint: choose another folder with --cache-dir")
    require(not names(keelson.folder / "out"), "the build left something")


@case
def a_full_output_disk_leaves_nothing(keelson):
    real = RealPackages(keelson)
    out = keelson.folder / "out"
    out.mkdir()
    # What stands there in the end must be seen from inside: outside, the disk is not mounted.
    prefix = private_mounts(f"mount -t tmpfs -o size=64m keelson-test {out}", f"trap 'ls -A {out} > {keelson.folder}/left' EXIT",
                            '"$@"', "exit")
    result = keelson.run("build", RECIPE, "--lock", real.lock, "--offline", "-o", out, prefix=prefix, cache=real.cache)
    result.expect(6, "no space left on device", "hint: ")
    require("plain_io" not in result.err, f"mtools was left to say it: {result}")
    left = (keelson.folder / "left").read_text()
    require(left == "", f"the build left something: {left}")


@case
def a_full_build_folder_leaves_nothing(keelson):
    real = RealPackages(keelson)
    work = keelson.folder / "work"
    work.mkdir()
    prefix = private_mounts(f"mount -t tmpfs -o size=64m keelson-test {work}", f"trap 'ls -A {work} > {keelson.folder}/left' EXIT",
                            '"$@"', "exit")
    result = keelson.run("build", RECIPE, "--lock", real.lock, "--offline", "-o", "out", "--build-dir", work, prefix=prefix, cache=real.cache)
    result.expect(6, "no space left on device", "hint: ")
    left = (keelson.folder / "left").read_text()
    require(left == "", f"the build left something: {left}")
    require(not names(keelson.folder / "out"), "the build left something in the output folder")


def archive_with(keelson, real, archive, **package):
    """An archive that holds the real packages and one more."""
    for locked in real.packages():
        archive.add(real.object(locked), f"{locked['name']}_{locked['version'].replace(':', '%3a')}_{locked['architecture']}.deb")
    archive.make_package("zz-broken", **package)
    archive.publish()
    requested = [locked["name"] for locked in real.packages() if locked.get("requested")]
    return archive.recipe(keelson.folder / "broken.yaml", [*requested, "zz-broken"], kernel="cloud")


@case
def a_broken_maintainer_script_shows_its_last_words(keelson):
    real = RealPackages(keelson)
    with Archive(keelson.folder) as archive:
        recipe = archive_with(keelson, real, archive, scripts={"postinst": "#!/bin/sh\necho the frobnicator is missing >&2\nexit 7\n"})
        result = keelson.run("build", recipe, "-o", "out", cache=real.cache)
    result.expect(3, "cannot configure package 'zz-broken'", "the frobnicator is missing", "exit status 7", "hint: the package's maintainer script")
    require(not names(keelson.folder / "out"), "the build left something")
    require(not temporaries(real.cache), f"temporary files are left: {temporaries(real.cache)}")


@case
def a_script_that_leaves_a_process_behind_leaves_none(keelson):
    real = RealPackages(keelson)
    with Archive(keelson.folder) as archive:
        recipe = archive_with(keelson, real, archive, scripts={
            "postinst": "#!/bin/sh\nsetsid sleep 1000 >/dev/null 2>&1 < /dev/null &\nexit 0\n"})
        keelson.run("build", recipe, "-o", "out", cache=real.cache).expect(0)  # main() looks for what is still running
    shutil.rmtree(keelson.folder / "out")


# It ignores what asks it to end; what it started has left its session and its output.
ENDLESS = """trap '' TERM INT HUP
      (setsid sh -c 'trap "" TERM; while :; do sleep 1 & wait; done' >/dev/null 2>&1 &)
      i=0; while [ $i -lt 20 ]; do setsid sleep 100000 >/dev/null 2>&1 & i=$((i+1)); done
      echo waiting for Godot
      while :; do sleep 1; done
"""


@case
def a_recipes_script_that_never_ends_is_stopped_with_all_it_started(keelson):
    real = RealPackages(keelson)
    recipe = keelson.folder / "endless.yaml"
    recipe.write_text(f"{RECIPE.read_text()}\nscripts:\n  postCustomization:\n  - name: godot\n    content: |\n      {ENDLESS}")
    result = keelson.run("build", recipe, "--lock", real.lock, "--offline", "-o", "out", "--script-timeout", "3s", cache=real.cache)
    # The frame of the tests looks for what is still running or mounted.
    result.expect(3, "cannot run 'godot': it did not end within 3 s; it said last\n", "waiting for Godot", "--script-timeout")
    require(not names(keelson.folder / "out"), "the build left something")
    require(not temporaries(real.cache), f"temporary files are left: {temporaries(real.cache)}")


@case
def a_packages_script_that_never_ends_is_stopped_with_all_it_started(keelson):
    real = RealPackages(keelson)
    with Archive(keelson.folder) as archive:
        recipe = archive_with(keelson, real, archive, scripts={"postinst": f"#!/bin/sh\n{ENDLESS}"})
        result = keelson.run("build", recipe, "-o", "out", "--script-timeout", "5s", cache=real.cache)
    # On a busy machine the packages before it may have used that time up already: all of them share it.
    result.expect(3, "cannot configure packages: it did not end within 5 s; its last words were\n", "--script-timeout")
    require(not names(keelson.folder / "out"), "the build left something")
    require(not temporaries(real.cache), f"temporary files are left: {temporaries(real.cache)}")


main()
