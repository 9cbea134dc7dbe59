"""os.fips on an image of real packages, whose own openssl says what it refuses: put on, put on again, taken back; a module
that was changed; a module that a package changes. Nothing is booted: tests/vm does that. A test per case: `fips.py PROGRAM CASE`.
"""
import json
import shutil

from disks import debugfs, tool
from machines_that_boot import need
from program import SOURCE, case, main, require
from real_packages import RealPackages, digest

BASE = f"""
previewFeatures: [base-configs]
baseConfigs: [{{path: {SOURCE}/recipes/minimal.yaml}}]
os: {{packages: {{install: [openssl, openssl-provider-fips]}}}}
"""
FIPS = "previewFeatures: [uki]\nos:\n  imageHistory: none\n  uki: {{mode: modify}}\n  fips: {{mode: {}}}\n"
NO_CHANGE = "previewFeatures: [uki]\nos:\n  imageHistory: none\n  uki: {mode: passthrough}\n"
SCRIPT = """scripts:
  postCustomization:
  - content: |
      set -eux
      module=$(echo /usr/lib/*/ossl-modules/fips.so)
      refused() { if "$@"; then exit 1; fi; }
"""
FILES = ("/etc/ssl/openssl.cnf", "/etc/ssl/fipsmodule.cnf", "/etc/ssl/fips-mode.cnf", "/etc/apt/apt.conf.d/80-fips-mode",
         "/usr/lib/systemd/system/fips-self-test.service")


def script(*lines):
    return SCRIPT + "".join(f"      {line}\n" for line in lines)


def base_image(keelson):
    """Kept in the cache, where keelson itself finds that nothing has changed."""
    need("debugfs", "sfdisk")
    real = RealPackages(keelson)
    recipe = keelson.folder / "fips-base.yaml"
    recipe.write_text(BASE)
    out = keelson.folder / "base"
    RealPackages.require_mirror(keelson.run("build", recipe, "-o", out, cache=real.cache))
    return out / "fips-base.raw"


def customize(keelson, base, recipe, out, *options):
    """The recipe is named without its folder, as people do who stand in it."""
    (keelson.folder / "config.yaml").write_text(recipe)
    output = keelson.folder / out
    return output, keelson.run("customize", "-i", base, "-c", "config.yaml", "-o", output, *options)


def customized(keelson, *arguments):
    output, result = customize(keelson, *arguments)
    result.expect(0)
    return output


def partition(image, number, folder):
    """A partition of the image as a file of its own."""
    found = json.loads(tool("sfdisk", "--json", image))["partitiontable"]["partitions"][number]
    path = folder / f"partition-{number}"
    tool("dd", f"if={image}", f"of={path}", "bs=1M", "iflag=skip_bytes,count_bytes", f"skip={found['start'] * 512}",
         f"count={found['size'] * 512}", "conv=sparse")
    return path


def files_in(keelson, image):
    folder = keelson.folder / f"files-of-{image.name}"
    folder.mkdir()
    root = partition(image, 1, folder)
    found = {path: debugfs(root, f"cat {path}") for path in FILES}
    shutil.rmtree(folder)
    return found


def kernel_arguments(keelson, image):
    folder = keelson.folder / f"esp-of-{image.name}"
    folder.mkdir()
    tool("mcopy", "-i", partition(image, 0, folder), "::EFI/Linux/*.efi", folder / "kernel.efi")
    tool("objcopy", "-O", "binary", f"--dump-section=.cmdline={folder / 'line'}", folder / "kernel.efi", folder / "rest")
    words = (folder / "line").read_text().rstrip("\0").split()
    shutil.rmtree(folder)
    return words


@case
def the_mode_is_put_on_and_taken_back(keelson):
    base = base_image(keelson)
    before = files_in(keelson, base)
    on = customized(keelson, base, FIPS.format("enabled"), "on.raw")
    require("fips=1" in kernel_arguments(keelson, on), "the kernel is not told")
    enabled = files_in(keelson, on)
    require(all(enabled.values()) and enabled != before, f"written were only {enabled}")

    again = customized(keelson, on, FIPS.format("enabled"), "again.raw")
    require(digest(again) == digest(on), "putting it on twice gives other bytes than once")
    again.unlink()

    checked = customized(keelson, on, NO_CHANGE + script(
        "openssl list -providers | grep -q 'OpenSSL FIPS Provider'", "refused sh -c 'openssl list -providers | grep -q Default'",
        "refused openssl md5 /dev/null", "refused openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024 -out /root/key",
        "openssl sha256 /dev/null", "openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out /root/key",
        "openssl fipsinstall -verify -in /etc/ssl/fipsmodule.cnf -module $module"), "checked.raw")
    require(files_in(keelson, checked) == enabled, "a recipe that says nothing changed the mode")
    checked.unlink()

    off = customized(keelson, on, FIPS.format("disabled") + script("openssl md5 /dev/null"), "off.raw")
    require(files_in(keelson, off) == before, "taking it back leaves something")
    words = kernel_arguments(keelson, off)
    require("fips=0" in words and "fips=1" not in words, f"the kernel is told {words}")


@case
def a_module_that_was_changed_is_refused(keelson):
    on = customized(keelson, base_image(keelson), FIPS.format("enabled"), "on.raw")
    flip = "printf 'x' | dd of=$module bs=1 seek=100000 conv=notrunc"
    changed = customized(keelson, on, NO_CHANGE + script(
        "cp $module /root/module", flip, "refused cmp $module /root/module", "refused openssl sha256 /dev/null",
        "refused openssl fipsinstall -verify -in /etc/ssl/fipsmodule.cnf -module $module"), "changed.raw")
    output, result = customize(keelson, changed, FIPS.format("enabled"), "out.raw")
    result.expect(3, "cannot set 'os.fips.mode: enabled': /usr/lib/", "/ossl-modules/fips.so is not the module whose checksum is in")
    require(not output.exists(), "there is an output")

    # apt binds what it brings; the command is what apt would run.
    hook = ("sed -n 's/^DPkg::Post-Invoke { \"\\(.*\\)\"; };$/\\1/p' /etc/apt/apt.conf.d/80-fips-mode > /root/hook", "test -s /root/hook",
            "sh -e /root/hook", "openssl sha256 /dev/null", "refused openssl md5 /dev/null",
            "openssl fipsinstall -verify -in /etc/ssl/fipsmodule.cnf -module $module", "test ! -e /etc/ssl/fipsmodule.cnf.new")
    customized(keelson, changed, NO_CHANGE + script(*hook), "bound.raw")


@case
def a_package_brings_another_module(keelson):
    """Its scripts use OpenSSL while the image is bound to the old module; afterwards the new one is bound."""
    need("dpkg-deb")
    real = RealPackages(keelson)
    on = customized(keelson, base_image(keelson), FIPS.format("enabled"), "on.raw")
    lock = keelson.folder / "base/fips-base.lock.json"
    package = next(package for package in json.loads(lock.read_text())["packages"] if package["name"] == "openssl-provider-fips")
    tree = keelson.folder / "tree"
    tool("dpkg-deb", "-R", real.object(package), tree)
    control = tree / "DEBIAN/control"
    control.write_text(control.read_text().replace(f"Version: {package['version']}", f"Version: {package['version']}+new"))
    (tree / "DEBIAN/postinst").write_text("#!/bin/sh\nset -e\nopenssl md5 /dev/null\n")
    (tree / "DEBIAN/postinst").chmod(0o755)
    with open(next(tree.rglob("fips.so")), "ab") as module:
        module.write(b"new")
    folder = keelson.folder / "packages"
    folder.mkdir()
    tool("dpkg-deb", "--root-owner-group", "-Zgzip", "-z1", "--build", tree, folder / "new.deb")
    recipe = NO_CHANGE + "  packages: {update: [openssl-provider-fips]}\n"
    updated = customized(keelson, on, recipe + script("openssl sha256 /dev/null", "refused openssl md5 /dev/null"), "updated.raw",
                         "--rpm-source", folder, "--disable-base-image-rpm-repos")
    before, after = files_in(keelson, on), files_in(keelson, updated)
    require(before["/etc/ssl/fipsmodule.cnf"] != after["/etc/ssl/fipsmodule.cnf"], "the new module is not bound")
    require(before["/etc/ssl/openssl.cnf"] == after["/etc/ssl/openssl.cnf"], "OpenSSL's configuration is another one")

    removal = NO_CHANGE + "  packages: {remove: [openssl-provider-fips]}\n"
    _, result = customize(keelson, on, removal, "removed.raw")
    result.expect(3, "cannot set 'os.fips.mode: enabled': the image has no FIPS provider of OpenSSL")
    off = customized(keelson, on, removal.replace("passthrough", "modify") + "  fips: {mode: disabled}\n" + script("openssl md5 /dev/null"), "off.raw")
    require(not files_in(keelson, off)["/etc/ssl/fips-mode.cnf"], "the mode is still configured")


@case
def what_the_mode_needs_is_named(keelson):
    real = RealPackages(keelson)
    recipe = keelson.folder / "recipe.yaml"
    recipe.write_text(BASE.replace(", openssl-provider-fips]}", "]}, fips: {mode: enabled}"))
    out = keelson.folder / "out"
    result = keelson.run("build", recipe, "-o", out, cache=real.cache)
    if result.code != 3:
        RealPackages.require_mirror(result)
    result.expect(3, "cannot set 'os.fips.mode: enabled': the list of packages lacks the package openssl-provider-fips",
                  "hint: add openssl-provider-fips to os.packages.install")
    require(not list(out.glob("*.raw")), "there is an output")
    require("unpacking" not in result.err, f"it began before it looked:\n{result.err}")

    keelson.run("build", SOURCE / "recipes/minimal.yaml", "--lock", real.lock, "-o", keelson.folder, cache=real.cache).expect(0)
    output, result = customize(keelson, keelson.folder / "minimal.raw", FIPS.format("enabled"), "out.raw")
    result.expect(3, "cannot set 'os.fips.mode: enabled': the image has no FIPS provider of OpenSSL", "hint: add openssl-provider-fips to os.packages.install")
    require(not output.exists(), "there is an output")


main()
