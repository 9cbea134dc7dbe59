"""Scripts that never end: after the time that they have, nothing of them is left. A test per case: `endless.py PROGRAM CASE`."""
import os
import shutil

from disks import Disk, debugfs, root_of
from packages import base_with_dpkg, make_deb
from program import Skip, case, main, require

# It ignores what asks it to end; what it started has left its session and its output.
ENDLESS = r"""
      trap '' TERM INT HUP
      i=0; while [ $i -lt 20 ]; do (trap '' TERM; exec >/dev/null 2>&1; setsid sleep 100000) & i=$((i+1)); done
      (setsid sh -c 'while :; do sleep 1 & wait; done' >/dev/null 2>&1 &)
      echo 'waiting for Godot'
      while :; do sleep 1; done
"""


def with_busybox(keelson, recipe):
    if not os.path.exists("/bin/busybox"):
        raise Skip("busybox-static is not installed")
    shutil.copy("/bin/busybox", keelson.folder / "busybox")
    config = keelson.folder / "config.yaml"
    config.write_text('os: {additionalFiles: [{source: busybox, destination: /bin/sh, permissions: "755"}]}\n' + recipe)
    return config


def is_stopped(keelson, result, output, *texts):
    """Processes, mounts and temporary files: the test's frame looks for them."""
    result.expect(3, *texts)
    require(not output.exists(), "there is an output")
    require(not list(keelson.folder.glob("out*")), "something is left beside the output")


@case
def a_script_that_never_ends_is_stopped_with_all_it_started(keelson):
    disk = Disk(keelson.folder / "base")
    output = keelson.folder / "out.raw"
    for phase in ("postCustomization", "finalizeCustomization"):
        config = with_busybox(keelson, f"scripts:\n  {phase}:\n  - name: godot\n    content: |{ENDLESS}")
        result = keelson.run("customize", "-i", disk.raw, "-c", config, "-o", output, "--script-timeout", "2s")
        is_stopped(keelson, result, output, "cannot run 'godot': it did not end within 2 s; it said last\n", "waiting for Godot",
                   "--script-timeout")


@case
def a_silent_script_that_never_ends_is_named_by_its_file(keelson):
    disk = Disk(keelson.folder / "base")
    (keelson.folder / "quiet.sh").write_text("#!/bin/sh\nexec >/dev/null 2>&1\nwhile :; do :; done\n")
    (keelson.folder / "quiet.sh").chmod(0o755)
    output = keelson.folder / "out.raw"
    config = with_busybox(keelson, "scripts: {postCustomization: [{path: quiet.sh}]}\n")
    result = keelson.run("customize", "-i", disk.raw, "-c", config, "-o", output, "--script-timeout", "1")
    is_stopped(keelson, result, output, "cannot run 'quiet.sh': it did not end within 1 s; it said nothing")


@case
def a_script_that_ends_in_time_is_not_stopped(keelson):
    """Each has all of the time."""
    disk = Disk(keelson.folder / "base")
    output = keelson.folder / "out.raw"
    config = with_busybox(keelson, "scripts: {postCustomization: [{content: 'sleep 1; echo one > /etc/one'}, {content: 'echo two > /etc/two'}]}\n")
    keelson.run("customize", "-i", disk.raw, "-c", config, "-o", output, "--script-timeout", "24h").expect(0)
    root = root_of(output, keelson.folder)
    require(debugfs(root, "cat /etc/one") + debugfs(root, "cat /etc/two") == "one\ntwo\n", "the scripts did not run")


@case
def a_packages_script_that_never_ends_is_stopped_too(keelson):
    disk = base_with_dpkg(keelson)
    folder = keelson.folder / "debs"
    make_deb(folder, "waits", scripts={"postinst": f"#!/bin/sh\n{ENDLESS}"})
    config, output = keelson.folder / "config.yaml", keelson.folder / "out.raw"
    config.write_text("os: {packages: {install: [waits]}}\n")
    result = keelson.run("customize", "-i", disk.raw, "-c", config, "-o", output, "--rpm-source", folder, "--disable-base-image-rpm-repos",
                         "--script-timeout", "3s")
    is_stopped(keelson, result, output, "cannot configure packages: it did not end within 3 s; its last words were\n", "waiting for Godot")


main()
