"""os.selinux on bases of other people's tools: the mode, what the kernel is told, and the label of every file.
A test per case: `selinux.py PROGRAM CASE`."""
import re

from disks import Disk, debugfs, root_of
from program import case, main, require

CONTEXTS = """/.* system_u:object_r:default_t:s0
/ -d system_u:object_r:root_t:s0
/etc(/.*)? system_u:object_r:etc_t:s0
/etc/shadow -- system_u:object_r:shadow_t:s0
/lost\\+found(/.*)? <<none>>
"""
POLICY = {"etc/selinux/config": "# mine\nSELINUX=disabled\nSELINUXTYPE=mini\n",
          "etc/selinux/mini/contexts/files/file_contexts": CONTEXTS,
          "etc/selinux/mini/policy/policy.33": "compiled"}
DEFAULTS = {"etc/default/grub": 'GRUB_CMDLINE_LINUX="quiet enforcing=1"\n'}
SAYS = "os:\n  imageHistory: none\n  selinux: {{mode: {}}}\n"
FILE = "os:\n  imageHistory: none\n  additionalFiles:\n  - {destination: /etc/new.conf, content: new}\n"


def customize(keelson, base, recipe, out):
    """The recipe is named without its folder, as people do who stand in it."""
    (keelson.folder / "config.yaml").write_text(recipe)
    output = keelson.folder / out
    return output, keelson.run("customize", "-i", base, "-c", "config.yaml", "-o", output)


def customized(keelson, *arguments):
    output, result = customize(keelson, *arguments)
    result.expect(0)
    return output


def label(root, path):
    found = re.search(r"security\.selinux .*= \"(.*?)(\\000)?\"", debugfs(root, f"ea_list {path}"))
    return found and found[1]


def kernel_arguments(root):
    line = next(line for line in debugfs(root, "cat /boot/grub/grub.cfg").splitlines() if line.strip().startswith("linux"))
    return line.split()[2:]


def base_disk(keelson, **files):
    return Disk(keelson.folder / "disk", files={**POLICY, **DEFAULTS, **files}).raw


@case
def a_mode_is_set_and_every_file_is_labelled(keelson):
    out = customized(keelson, base_disk(keelson), SAYS.format("force-enforcing") + FILE.split("\n", 2)[2], "on.raw")
    root = root_of(out, keelson.folder)
    expected = {"/": "root_t", "/etc/passwd": "etc_t", "/etc/shadow": "shadow_t", "/etc/new.conf": "etc_t",
                "/var/large/7": "default_t", "/boot/grub/grub.cfg": "default_t"}
    found = {path: label(root, path) for path in expected}
    require(found == {path: f"system_u:object_r:{kind}:s0" for path, kind in expected.items()}, f"labels are {found}")
    require(label(root, "/lost+found") is None, "what the policy leaves out has a label")
    config = debugfs(root, "cat /etc/selinux/config")
    require(config == "# mine\nSELINUX=enforcing\nSELINUXTYPE=mini\n", f"the configuration is {config!r}")
    words = kernel_arguments(root)
    require(words[2:] == ["security=selinux", "selinux=1", "enforcing=1"], f"the kernel is told {words}")
    grub = debugfs(root, "cat /etc/default/grub.d/90-keelson.cfg")
    require("selinux=1" in grub and "security=selinux" in grub, f"the next update-grub is told {grub!r}")


@case
def another_mode_takes_its_place(keelson):
    forced = customized(keelson, base_disk(keelson), SAYS.format("force-enforcing"), "forced.raw")
    permissive = customized(keelson, forced, SAYS.format("permissive"), "permissive.raw")
    root = root_of(permissive, keelson.folder)
    require(kernel_arguments(root)[2:] == ["security=selinux", "selinux=1"], f"the kernel is told {kernel_arguments(root)}")
    require("SELINUX=permissive" in debugfs(root, "cat /etc/selinux/config"), "the configuration has another mode")
    require(debugfs(root, "cat /etc/default/grub") == 'GRUB_CMDLINE_LINUX="quiet"\n', "the next update-grub brings enforcing=1 back")
    off = customized(keelson, permissive, SAYS.format("disabled"), "off.raw")
    root = root_of(off, keelson.folder)
    require(kernel_arguments(root)[2:] == ["selinux=0"], f"the kernel is told {kernel_arguments(root)}")
    require("SELINUX=disabled" in debugfs(root, "cat /etc/selinux/config"), "the configuration has another mode")


@case
def what_is_new_in_a_labelled_base_is_labelled(keelson):
    base = customized(keelson, base_disk(keelson), SAYS.format("enforcing"), "labelled.raw")
    out = customized(keelson, base, FILE, "out.raw")
    root = root_of(out, keelson.folder)
    require(label(root, "/etc/new.conf") == "system_u:object_r:etc_t:s0", "the new file has no label")
    require(label(root, "/etc/shadow") == "system_u:object_r:shadow_t:s0", "an old one has lost its own")
    require(kernel_arguments(root)[2:] == ["security=selinux", "selinux=1"], "a recipe that says nothing changed the mode")


@case
def an_unlabelled_base_stays_so(keelson):
    out = customized(keelson, base_disk(keelson), FILE, "out.raw")
    require(label(root_of(out, keelson.folder), "/etc/new.conf") is None, "a file was labelled that nobody asked for")


@case
def what_cannot_be_set_is_refused(keelson):
    bare = Disk(keelson.folder / "bare").raw
    output, result = customize(keelson, bare, SAYS.format("enforcing"), "out.raw")
    result.expect(3, "cannot set 'os.selinux.mode': the image has no SELinux policy (no /etc/selinux/config)",
                  "hint: add selinux-policy-default to os.packages.install")
    require(not output.exists(), "there is an output")
    broken = base_disk(keelson, **{"etc/selinux/mini/contexts/files/file_contexts": "/etc(/.* system_u:object_r:etc_t:s0\n"})
    output, result = customize(keelson, broken, SAYS.format("enforcing"), "out.raw")
    result.expect(3, "reading the labels of the image's SELinux policy (/etc/selinux/mini/contexts/files/file_contexts)")
    require(not output.exists(), "there is an output")
    bad = keelson.folder / "bad.cil"
    bad.write_text("(this is no policy")
    output, result = customize(keelson, bare, SAYS.format("enforcing").replace("}", ", modules: [bad.cil]}"), "out.raw")
    result.expect(3, "cannot set 'os.selinux.mode'")
    require(not output.exists(), "there is an output")


main()
