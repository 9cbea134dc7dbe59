"""Images of real packages in QEMU, beyond what build-and-boot asks: what a boot says that does not get there, a shell
on the console, a read-only root, what the initrd holds. A test per case: `machines.py PROGRAM CASE`.

Images are built into the shared cache, where keelson itself finds that nothing has changed. The disk hangs on another
bus in each machine that boots to its end: an image must come up from each.
"""
import json
import os
import pathlib
import pty
import re
import select
import signal
import time

from machines_that_boot import PATIENCE, boot, facts_of, need, output_of
from program import SOURCE, Broken, case, main, require
from real_packages import RECIPE, RealPackages, digest

HERE = pathlib.Path(__file__).resolve().parent

# What an image needs to find its disk: virtio and NVMe (KVM clouds, EC2, new Azure sizes), SATA and SCSI (metal,
# VMware), Hyper-V's bus, its disks and its PCI passthrough (Azure), Xen's disks (older EC2).
DISK_MODULES = ["virtio_pci", "virtio_blk", "virtio_scsi", "nvme", "ahci", "sd_mod", "hv_vmbus", "hv_storvsc", "pci_hyperv",
                "xen_blkfront"]


def minimal_image(keelson, real):
    """recipes/minimal.yaml as a raw disk."""
    out = real.cache / "vm"
    keelson.run("build", RECIPE, "--lock", real.lock, "-o", out, cache=real.cache).expect(0)
    return out / "minimal.raw"


# ---- the initrd -----------------------------------------------------------------------------------------------------


def initrd_of(image, folder):
    """Unpacks the initrd of the image's unified kernel image, with nothing of ours; returns its folder."""
    need("sfdisk", "mcopy", "objcopy", "zstd", "cpio")
    table = json.loads(output_of("sfdisk", "--json", image))["partitiontable"]
    esp = next(p for p in table["partitions"] if p["type"].upper() == "C12A7328-F81F-11D2-BA4B-00A0C93EC93B")
    kernel = folder / "kernel.efi"
    output_of("mcopy", "-i", f"{image}@@{esp['start'] * 512}", "::EFI/Linux/*.efi", kernel)
    packed = folder / "initrd.zst"
    output_of("objcopy", "-O", "binary", f"--dump-section=.initrd={packed}", kernel, folder / "rest")
    place = folder / "initrd"
    place.mkdir()
    archive = output_of("zstd", "--decompress", "--stdout", packed)
    output_of("cpio", "--extract", "--make-directories", "--no-absolute-filenames", "--nonmatching", "--quiet", "dev/*", cwd=place,
              input=archive)
    return place


def builtin_modules(real):
    """What the kernel's package says is compiled into the kernel."""
    kernel = next(p for p in real.packages() if re.match(r"linux-image-\d", p["name"]))
    data = output_of("dpkg-deb", "--fsys-tarfile", real.object(kernel))
    listed = output_of("tar", "--extract", "--to-stdout", "--wildcards", "*/modules.builtin", input=data).decode()
    return {pathlib.PurePath(line).stem.replace("-", "_") for line in listed.split()}


@case
def the_initrd_holds_the_drivers_of_every_kind_of_disk(keelson):
    need("modprobe", "dpkg-deb")
    real = RealPackages(keelson)
    initrd = initrd_of(minimal_image(keelson, real), keelson.folder)
    releases = [path.name for path in (initrd / "usr/lib/modules").iterdir()]
    require(len(releases) == 1, f"modules of the kernels {releases}")
    builtin = builtin_modules(real)
    require("ext4" in builtin or "virtio_blk" in builtin, f"the kernel's package names {len(builtin)} builtin modules")
    files = {path.name.split(".")[0].replace("-", "_") for path in initrd.rglob("*.ko*")}
    missing = [name for name in DISK_MODULES if name not in builtin | files]
    require(not missing, f"neither in the kernel nor in the initrd: {missing}")
    for name in sorted(set(DISK_MODULES) - builtin):
        # modprobe reads the index that the initrd brings: all that a module depends on must be there too.
        lines = output_of("modprobe", "--dirname", initrd, "--set-version", releases[0], "--show-depends", name).decode().split("\n")
        needed = [line.split()[1] for line in lines if line.startswith("insmod ")]
        require(needed, f"modprobe finds no file for {name}: {lines}")
        absent = [path for path in needed if not pathlib.Path(path).exists()]
        require(not absent, f"{name} needs {absent}")


# ---- what is said of it ---------------------------------------------------------------------------------------------


@case
def the_guide_names_only_options_that_exist(keelson):
    """docs/guide/boot-and-check.md, against what `keelson boot --help` offers."""
    offered = set(re.findall(r"--[a-z][a-z-]*", keelson.run("boot", "--help").out))
    named = set(re.findall(r"--[a-z][a-z-]*", (SOURCE / "docs/guide/boot-and-check.md").read_text()))
    require(len(named) > 5, f"only {named} were found in the guide")
    require(named <= offered, f"there are no options {sorted(named - offered)}")


# ---- machines that boot ---------------------------------------------------------------------------------------------


def strict(schema):
    """The schema without room for keys that it does not name."""
    if isinstance(schema, list):
        return [strict(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    result = {key: strict(value) for key, value in schema.items()}
    if schema.get("type") == "object" and isinstance(schema.get("properties"), dict):
        result.setdefault("additionalProperties", False)
    return result


def check_facts(facts):
    """What a machine really says is what the schema describes, no key more."""
    try:
        import jsonschema  # pylint: disable=import-outside-toplevel
    except ImportError:
        print("not checked: the facts against their schema, for python3-jsonschema is not installed")
        return
    schema = strict(json.loads((SOURCE / "schema/facts.schema.json").read_text()))
    findings = [f"{'/'.join(map(str, error.absolute_path))}: {error.message[:300]}"
                for error in jsonschema.Draft202012Validator(schema).iter_errors(facts)]
    require(not findings, "the facts are not as their schema says:\n" + "\n".join(findings))


@case
def a_read_only_root_in_a_qcow2_image_comes_up(keelson):
    """read-only.yaml keeps the whole promise of the default image, a running container included."""
    real = RealPackages(keelson)
    out = keelson.folder / "out"
    RealPackages.require_mirror(keelson.run("build", HERE / "read-only.yaml", "--format", "qcow2", "-o", out, cache=real.cache))
    image = out / "read-only.qcow2"
    output_of("qemu-img", "check", image)
    result = boot(keelson, image, "--check", SOURCE / "policies/container-host.yaml", "--json", "--disk", "virtio-scsi",
                  cache=real.cache)
    answer = json.loads(result.out)
    facts = answer["facts"]
    check_facts(facts)
    mounts = {mount["target"]: mount for mount in facts["mounts"]}
    for target, kind, mode in (("/", "erofs", "ro"), ("/var", "ext4", "rw"), ("/boot/efi", "vfat", "rw")):
        found = mounts.get(target, {})
        require(found.get("type") == kind and found.get("options", "").split(",")[0] == mode, f"{target} is {found}")
    # The default image's os.hardening.mounts, where this recipe says nothing of its own.
    for target, closed in (("/var", {"nodev", "nosuid"}), ("/boot/efi", {"nodev", "nosuid", "noexec"})):
        require(closed <= set(mounts[target]["options"].split(",")), f"{target} is {mounts[target]}")
    require("noexec" not in mounts["/var"]["options"], "no program on a volume of /var would run")
    machine = facts["machine"]
    require(machine["imageFormat"] == "qcow2" and machine["diskBus"] == "virtio-scsi", f"the machine was {machine}")
    reached = list(machine["reached"])
    require({"loader", "kernel", "initrd", "userspace"} <= set(reached), f"it noticed only {reached}")


@case
def a_boot_that_takes_too_long_says_where_it_stood(keelson):
    real = RealPackages(keelson)
    image = minimal_image(keelson, real)
    console = keelson.folder / "console"
    began = time.monotonic()
    # Emulated, no machine tells its facts within twenty seconds.
    result = keelson.run("boot", image, "--facts", "--no-container", "--accelerator", "emulation", "--timeout", 20, "--console", console,
                         cache=real.cache)
    result.expect(6, f"cannot boot '{image}': it was still in ", " after 20 s", "hint: ")
    require(re.search(r"still in (the firmware|the boot loader|the kernel|the initrd|userspace)", result.err), result.err)
    require("the console's last lines:\n  " in result.err or "the console stayed silent" in result.err, result.err)
    require(result.out == "", f"it printed {result.out}")
    require(console.exists(), "the console is not kept")
    require(time.monotonic() - began < 60, "it took much longer than it may")


class Terminal:
    """keelson on a terminal of its own, as a person has it."""

    def __init__(self, keelson, *arguments):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(keelson.folder)
            os.execve(keelson.program, [str(keelson.program), *map(str, arguments)], {**keelson.environment, "TERM": "dumb"})
        self.seen = ""

    def wait_for(self, pattern, seconds):
        end = time.monotonic() + seconds
        while not (found := re.search(pattern, self.seen)):
            ready, _, _ = select.select([self.fd], [], [], max(0, end - time.monotonic()))
            if not ready:
                raise Broken(f"{pattern!r} did not come within {seconds} s:\n{self.seen[-4000:]}")
            try:
                read = os.read(self.fd, 65536)
            except OSError:  # the other end was closed
                read = b""
            if not read:
                raise Broken(f"the machine ended before {pattern!r}:\n{self.seen[-4000:]}")
            self.take(read)
        self.seen = self.seen[found.end():]
        return found

    def take(self, read):
        """Adds to what was seen, without colours, cursor movements and the marks around what is typed."""
        self.seen = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self.seen + read.decode(errors="replace"))

    def type(self, line):
        os.write(self.fd, line.encode() + b"\r")

    def wait_for_the_end(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if select.select([self.fd], [], [], 0.2)[0]:
                try:
                    self.take(os.read(self.fd, 65536))
                except OSError:
                    time.sleep(0.1)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.pid = 0
                return os.waitstatus_to_exitcode(status)
        raise Broken(f"it did not end within {seconds} s:\n{self.seen[-4000:]}")

    def close(self):
        os.close(self.fd)
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)


@case
def a_shell_on_the_console_takes_commands(keelson):
    """Without firmware and from a SATA disk: the quickest way in, and the only test of both."""
    real = RealPackages(keelson)
    image = minimal_image(keelson, real)
    before = digest(image)
    terminal = Terminal(keelson, "boot", image, "--shell", "--firmware", "direct", "--disk", "ahci", "--cache-dir", real.cache)
    try:
        terminal.wait_for(r"root@minimal:\S*# ", PATIENCE)
        terminal.type("echo it is $((6 * 7)) for user $(id -u) of $(cat /etc/hostname)")
        terminal.wait_for(r"[\r\n]it is 42 for user 0 of minimal[\r\n]", 60)
        terminal.type("touch /etc/written && systemctl poweroff")
        code = terminal.wait_for_the_end(180)
    finally:
        terminal.close()
    require(code == 0, f"it ended with {code}:\n{terminal.seen[-2000:]}")
    require(digest(image) == before, "the shell changed the image")


CUSTOMIZED = f"""
previewFeatures: [uki]
distribution: {{family: debian, release: trixie}}
os:
  hostname: customized
  uki: {{mode: create}}
  kernelCommandLine: {{extraCommandLine: [audit=0]}}
  packages:
    install: [chrony, selinux-policy-default]
  selinux:
    mode: permissive
    modules: [{SOURCE}/policies/selinux/keelson-host.cil]
  groups: [{{name: operators, gid: 2500}}]
  users: [{{name: alice, uid: 2600, primaryGroup: operators}}]
  additionalFiles:
    - destination: /usr/lib/systemd/system/proof.service
      content: |
        [Service]
        Type=oneshot
        RemainAfterExit=yes
        ExecStart=/bin/sh -ec 'test "$(id -u alice):$(id -gn alice)" = 2600:operators; test "$(cat /etc/hostname)" = customized; test -s /etc/from-a-script; . /etc/image-customizer-release; test -n "$IMAGE_UUID"; grep -q "$IMAGE_UUID" /usr/share/image-customizer/history.json; test "$(cat /srv/merged/hostname)" = customized; echo new > /srv/merged/hostname; test "$(cat /var/overlays/etc/upper/hostname)" = new; test "$(cat /etc/hostname)" = customized'
        [Install]
        WantedBy=multi-user.target
  services:
    enable: [proof]
  overlays:
    - {{mountPoint: /srv/merged, lowerDirs: [/etc], upperDir: /var/overlays/etc/upper, workDir: /var/overlays/etc/work}}
scripts:
  postCustomization:
    - content: cat /etc/os-release > /etc/from-a-script
"""


@case
def a_customized_image_is_what_its_recipe_says(keelson):
    """From a qcow2 image to VHDX, with packages, accounts, files, a service, an overlay and a script; its unified
    kernel image is made anew, with one more argument."""
    real = RealPackages(keelson)
    base = keelson.folder / "base.qcow2"
    output_of("qemu-img", "convert", "-f", "raw", "-O", "qcow2", "-c", minimal_image(keelson, real), base)
    config, image = keelson.folder / "config.yaml", keelson.folder / "customized.vhdx"
    config.write_text(CUSTOMIZED)
    before = digest(base)
    RealPackages.require_mirror(keelson.run("customize", "-i", base, "-c", config, "-o", image, "--output-image-format", "vhdx",
                                            cache=real.cache))
    require(digest(base) == before, "the base was changed")
    output_of("qemu-img", "check", image)
    facts = facts_of(keelson, image, "--disk", "virtio-scsi", cache=real.cache)
    require(facts["machine"]["imageFormat"] == "vhdx", f"the machine was {facts['machine']}")
    require(not facts["system"]["failedUnits"], f"units failed: {facts['system']['failedUnits']}")
    for service in ("proof", "chrony"):
        require(facts["services"].get(service + ".service", facts["services"].get(service)) == "active", f"{service} is not active: {facts['services']}")
    require("chrony" in facts["packages"]["versions"], "the package is not there")
    selinux = facts["security"]["selinux"]
    require((selinux["mode"], selinux["policy"]) == ("permissive", "default"), f"SELinux is {selinux}")
    domains = {program: context.split(":")[2] for context, programs in selinux["domains"].items() for program in programs}
    # A program runs in a domain of its own only where its file has its label.
    require((domains["systemd"], domains["chronyd"], domains["agetty"]) == ("init_t", "chronyd_t", "getty_t"), f"programs run as {domains}")
    require(" audit=0 " in f" {facts['kernel']['commandLine']} ", f"it was booted with {facts['kernel']}")


main()
