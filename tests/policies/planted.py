"""The bundled policies find faults that were planted into the files of a clean container host, and nothing in the clean one.
A test per group of faults: `planted.py PROGRAM CASE`. Each fault is planted alone, and exactly the rules that it breaks may fail."""
import json
import os
import struct

from clean_root import COMMAND_LINE, KERNEL_IMAGE, OLD_AUTHORITY, RELEASE, Root
from disks import tool
from program import SOURCE, Skip, case, main, require

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPn8BHIGKeHZOnAruhLaIPtPEWyVmntGOS6LQn7PNcwt somebody\n"
PRIVATE = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3Blbg==\n-----END OPENSSH PRIVATE KEY-----\n"
HASH = "$y$j9T$salt$hash"
HOST, CIS, PARITY, FIPS, GUARD = "container-host", "cis-container-host", "azure-linux-3-parity", "container-host-fips", "guard"


def broken(keelson, root, policy):
    """The ids of the rules that do not pass."""
    result = keelson.run("check", root.folder, "--policy", SOURCE / "policies" / f"{policy}.yaml", "--json")
    require(result.code in (0, 1), f"exit code {result.code}\n{result.err}")
    report = json.loads(result.out)["report"]
    rows = {row["id"]: row["verdict"] for row in report["rows"] if row["verdict"] not in ("pass", "not-applicable")}
    require(result.code == (1 if set(rows.values()) - {"warn"} else 0), f"exit code {result.code} with {rows}")
    require(sum(row["verdict"] == "pass" for row in report["rows"]) > 3, f"{policy} looked at nothing")
    return set(rows)


def needs_root():
    if os.getuid() != 0:
        raise Skip("only root makes files of other owners")


def check(keelson, name, root, expected):
    for policy, ids in expected.items():
        found = broken(keelson, root, policy)
        require(found == set(ids), f"{name}: by {policy} there fail {sorted(found)} instead of {sorted(ids)}")


def plant(keelson, faults, make=Root, policies=(HOST, CIS, PARITY)):
    """faults: name, what plants it, and the ids that it breaks, for each policy that it breaks."""
    needs_root()
    for name, fault, expected in faults:
        root = make(keelson.folder / "root")
        fault(root)
        check(keelson, name, root, {policy: expected.get(policy, ()) for policy in policies})


def fips_root(folder):
    root = Root(folder, COMMAND_LINE + " fips=1")
    root.write("etc/ssl/fipsmodule.cnf", "[fips_sect]\n")
    return root


def signed_root(folder):
    root = Root(folder, COMMAND_LINE + " roothash=" + "5a" * 32)
    root.mode("usr/bin/su", 0o755)
    key, certificate = folder.parent / "db.key", folder.parent / "db.crt"
    if not key.exists():
        tool("openssl", "req", "-new", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3650", "-subj", "/CN=test/", "-keyout", key,
             "-out", certificate)
    tool("sbsign", "--key", key, "--cert", certificate, "--output", folder / KERNEL_IMAGE, folder / KERNEL_IMAGE)
    return root


@case
def a_clean_root_breaks_no_rule(keelson):
    needs_root()
    check(keelson, "clean", Root(keelson.folder / "root"), {HOST: (), CIS: (), PARITY: ()})
    check(keelson, "clean, FIPS", fips_root(keelson.folder / "root"), {HOST: (), CIS: (), PARITY: (), FIPS: ()})
    check(keelson, "clean, signed", signed_root(keelson.folder / "root"), {HOST: (), CIS: (), PARITY: (), GUARD: ()})


@case
def faults_of_accounts_are_found(keelson):
    plant(keelson, (
        ("an empty password", lambda r: r.user("eve", 1001, 1, "/bin/sh", password=""), {HOST: ["empty-passwords"], CIS: ["empty-passwords"]}),
        ("a password", lambda r: r.user("eve", 1001, 1, "/bin/sh", HASH), {HOST: ["passwords"], CIS: ["password-age"]}),
        ("a second root", lambda r: r.user("toor", 0, 0),
         {HOST: ["superusers", "duplicate-user-ids"], CIS: ["superusers", "root-group", "duplicate-user-ids"]}),
        ("a service with a shell", lambda r: r.user("svc", 200, 1, "/bin/bash"), {HOST: ["system-shells"], CIS: ["system-shells"]}),
        ("a service with a password", lambda r: r.user("svc", 200, 1, password=HASH),
         {HOST: ["passwords"], CIS: ["system-passwords", "password-age"]}),
        ("a hash that all read", lambda r: r.user("eve", 1001, 1, hash_field=HASH),
         {HOST: ["shadowed-passwords"], CIS: ["shadowed-passwords"]}),
        ("a group that is not there", lambda r: r.user("eve", 1001, 4711), {CIS: ["groups-exist"]}),
        ("root's group", lambda r: r.user("eve", 1001, 0), {CIS: ["root-group"]}),
        ("a member of shadow", lambda r: r.change("etc/group", "shadow:x:42:", "shadow:x:42:nobody"), {CIS: ["shadow-members"]}),
        ("a number twice", lambda r: r.user("eve", 65534, 65534), {HOST: ["duplicate-user-ids"], CIS: ["duplicate-user-ids"]}),
        ("a group's number twice", lambda r: r.append("etc/group", "eve:x:42:\n"), {CIS: ["duplicate-group-ids"]}),
        ("a name twice", lambda r: r.append("etc/passwd", "nobody:x:1001:1::/:/usr/sbin/nologin\n"), {CIS: ["duplicate-user-names"]}),
        ("a group's name twice", lambda r: r.append("etc/group", "nogroup:x:99:\n"), {CIS: ["duplicate-group-names"]}),
        ("an open umask", lambda r: r.change("etc/login.defs", "UMASK 027", "UMASK 022"), {CIS: ["umask"]}),
        ("a weak hash", lambda r: r.change("etc/login.defs", "YESCRYPT", "MD5"), {CIS: ["password-hash"]}),
        ("su for everybody", lambda r: r.change("etc/pam.d/su", "auth", "# auth"), {CIS: ["su-restricted"]}),
    ))


@case
def keys_and_sudo_rules_are_found(keelson):
    plant(keelson, (
        ("a key of root", lambda r: r.write("root/.ssh/authorized_keys", KEY, 0o600), {HOST: ["ssh-keys"]}),
        ("a host key", lambda r: r.write("etc/ssh/ssh_host_ed25519_key", PRIVATE, 0o600), {HOST: ["private-keys"]}),
        ("a server's key", lambda r: r.write("etc/ssl/private/server.key", PRIVATE.replace("OPENSSH ", ""), 0o600), {HOST: ["private-keys"]}),
        ("sudo without a password", lambda r: r.write("etc/sudoers", "nobody ALL=(ALL) NOPASSWD: ALL\n", 0o440),
         {HOST: ["sudo-rules"], CIS: ["sudo-asks"]}),
        ("sudo", lambda r: r.write("etc/sudoers.d/more", "%daemon ALL=(ALL) ALL\n", 0o440), {HOST: ["sudo-rules"]}),
    ))


def capability(root):
    root.write("usr/bin/tool", "program", 0o755)
    # cap_sys_admin=ep, as linux/capability.h has it
    os.setxattr(root.folder / "usr/bin/tool", "security.capability", struct.pack("<5I", 0x02000001, 1 << 21, 0, 0, 0))


def many_setuid_programs(root):
    for number in range(12):
        root.write(f"usr/bin/more-{number}", "program", 0o4755)


@case
def faults_of_files_are_found(keelson):
    plant(keelson, (
        ("a setuid program", lambda r: r.write("usr/local/bin/shell", "program", 0o4755), {HOST: ["setuid-known"]}),
        ("many of them", many_setuid_programs, {HOST: ["setuid-known", "setuid-programs"]}),
        ("a capability", capability, {HOST: ["capabilities"]}),
        ("a file that all write", lambda r: r.write("usr/bin/open", "program", 0o777), {HOST: ["world-writable"], CIS: ["world-writable"]}),
        ("a folder that all write", lambda r: r.mode("var/log", 0o777), {HOST: ["world-writable"], CIS: ["world-writable"]}),
        ("a file of nobody", lambda r: r.mode("etc/hostname", 0o644, 4711, 0), {HOST: ["unowned"], CIS: ["unowned"]}),
        ("hashes that all read", lambda r: r.mode("etc/shadow", 0o644, 0, 42), {HOST: ["shadow-closed"], CIS: ["file-etc-shadow"]}),
        ("accounts that all write", lambda r: r.mode("etc/passwd", 0o666),
         {HOST: ["world-writable"], CIS: ["world-writable", "file-etc-passwd"]}),
        ("settings of sshd that all read", lambda r: r.mode("etc/ssh/sshd_config", 0o644), {CIS: ["file-etc-ssh-sshd-config"]}),
        ("jobs that all read", lambda r: r.mode("etc/cron.d", 0o755), {CIS: ["file-etc-cron-d"]}),
        ("groups of another owner", lambda r: r.mode("etc/group", 0o644, 1, 1), {CIS: ["file-etc-group"]}),
    ))


@case
def faults_of_packages_are_found(keelson):
    plant(keelson, (
        ("a telnet server", lambda r: r.install(telnetd="0.17"), {HOST: ["packages-unwanted"]}),
        ("a compiler", lambda r: r.install(gcc="14"), {HOST: ["packages-unwanted"]}),
        ("a web server", lambda r: r.install(nginx="1.26"), {CIS: ["no-nginx"]}),
        ("a mail server", lambda r: r.install(exim4_base="4.98"), {CIS: ["no-exim4-base"]}),
        ("no packet filter", lambda r: r.install(nftables=None), {CIS: ["package-nftables"]}),
        ("an old containerd", lambda r: r.install(containerd="1.6.20~ds1-1"), {HOST: ["containerd"], PARITY: ["containerd"]}),
        ("no containerd", lambda r: r.install(containerd=None), {HOST: ["containerd"], PARITY: ["containerd"]}),
        ("an old OpenSSL", lambda r: r.install(openssl="3.0.17-1"), {HOST: ["openssl"], PARITY: ["openssl"]}),
        ("an old systemd", lambda r: r.install(systemd="252.39-1"), {HOST: ["systemd"], PARITY: ["systemd"]}),
        ("too many", lambda r: r.install(**{f"more_{number}": "1" for number in range(250)}), {HOST: ["packages"]}),
    ))


def older_kernel(root):
    root.write("usr/lib/modules/5.15.1/modules.dep", "")
    root.boot(COMMAND_LINE, "5.15.1")


def added(words):
    return lambda root: root.boot(f"{COMMAND_LINE} {words}")


@case
def faults_of_the_boot_are_found(keelson):
    plant(keelson, (
        ("a shell as init", added("init=/bin/sh"), {HOST: ["command-line-shell"]}),
        ("a single user", added("single"), {HOST: ["command-line-shell"]}),
        ("a debugging shell", added("systemd.debug_shell=1"), {HOST: ["command-line-shell"]}),
        ("no mitigations", added("mitigations=off"), {HOST: ["command-line-mitigations"]}),
        ("the same addresses for all", added("nokaslr"), {HOST: ["command-line-mitigations"]}),
        ("no lockdown", lambda r: r.boot(COMMAND_LINE.replace("lockdown=integrity", "")), {HOST: ["command-line-lockdown"]}),
        ("permissive by the command line", added("enforcing=0"), {HOST: ["command-line-selinux"], CIS: ["confinement-not-off"]}),
        ("no audit", added("audit=0"), {HOST: ["command-line-selinux"]}),
        ("cgroups of version 1", added("systemd.unified_cgroup_hierarchy=0"), {HOST: ["cgroup-configured"]}),
        ("an old kernel", older_kernel, {HOST: ["kernel"], PARITY: ["kernel"]}),
        ("a kernel without modules", lambda r: r.write("boot/vmlinuz-6.13.1", "kernel"), {HOST: ["kernel-there"]}),
        ("a menu's shell", lambda r: r.write("boot/efi/loader/entries/help.conf", "title Help\nlinux /v\noptions rw rd.break\n"),
         {HOST: ["other-entries"]}),
    ))


@case
def faults_of_selinux_are_found(keelson):
    config = "etc/selinux/config"
    plant(keelson, (
        ("permissive", lambda r: r.change(config, "enforcing", "permissive"), {HOST: ["selinux-configured"]}),
        ("disabled", lambda r: r.change(config, "enforcing", "disabled"), {HOST: ["selinux-configured"]}),
        ("another policy", lambda r: r.change(config, "=default", "=mls"), {HOST: ["selinux-policy", "selinux-loadable", "selinux-labels"]}),
        ("no policy", lambda r: r.remove("etc/selinux/default/policy/policy.33"), {HOST: ["selinux-loadable"]}),
        ("no labels", lambda r: r.remove("etc/selinux/default/contexts/files/file_contexts"), {HOST: ["selinux-labels"]}),
    ))


@case
def faults_of_the_kernels_settings_are_found(keelson):
    sysctls = "etc/sysctl.d/50-host.conf"
    plant(keelson, (
        ("addresses that all read", lambda r: r.change(sysctls, "kptr_restrict = 2", "kptr_restrict = 0"), {CIS: ["sysctl-kernel-kptr-restrict-set"]}),
        ("a setting that is not there", lambda r: r.change(sysctls, "net.ipv4.tcp_syncookies", "# net.ipv4.tcp_syncookies"),
         {CIS: ["sysctl-net-ipv4-tcp-syncookies-set"]}),
        ("a later file", lambda r: r.write("etc/sysctl.d/99-more.conf", "net.ipv4.conf.all.accept_redirects=1\n"),
         {CIS: ["sysctl-net-ipv4-conf-all-accept-redirects-set"]}),
        ("core dumps of privileged programs", lambda r: r.write("usr/lib/sysctl.d/60-x.conf", "fs.suid_dumpable = 2\n"),
         {CIS: ["sysctl-fs-suid-dumpable-set"]}),
        ("a module that is not blocked", lambda r: r.write("etc/modprobe.d/blocked.conf", "blacklist udf\n"), {CIS: ["module-udf"]}),
        ("a further module", lambda r: r.append(f"usr/lib/modules/{RELEASE}/modules.dep", "kernel/drivers/usb/storage/usb-storage.ko:\n"),
         {CIS: ["module-usb-storage"]}),
    ))


@case
def faults_of_what_starts_are_found(keelson):
    plant(keelson, (
        ("an unknown unit", lambda r: r.enable("beacon.service"), {HOST: ["units-enabled"]}),
        ("a shell without a login", lambda r: r.enable("debug-shell.service"), {HOST: ["debug-shell", "units-enabled"]}),
        ("an SSH server", lambda r: r.enable("ssh.service"), {HOST: ["debug-shell", "units-enabled"]}),
        ("another target", lambda r: r.link("etc/systemd/system/default.target", "/usr/lib/systemd/system/rescue.target"),
         {HOST: ["default-target"]}),
    ))


@case
def faults_of_trust_are_found(keelson):
    plant(keelson, (
        ("an expired authority", lambda r: r.write("usr/local/share/ca-certificates/old.crt", OLD_AUTHORITY), {HOST: ["certificates-expired"]}),
        ("a broken certificate", lambda r: r.append("etc/ssl/certs/ca-certificates.crt",
                                                    "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"), {HOST: ["certificates-readable"]}),
        ("containerd on the network", lambda r: r.append("etc/containerd/config.toml", '[grpc]\ntcp_address = "0.0.0.0:10000"\n'),
         {HOST: ["containerd-local"]}),
        ("a registry without TLS", lambda r: r.write("etc/containerd/certs.d/r/hosts.toml", 'server = "http://registry.example"\n'),
         {HOST: ["containerd-registries"]}),
    ))


@case
def faults_of_identity_and_traces_are_found(keelson):
    plant(keelson, (
        ("one identity for all", lambda r: r.write("etc/machine-id", "0123456789abcdef0123456789abcdef\n"), {HOST: ["machine-id"]}),
        ("no place for one", lambda r: r.remove("etc/machine-id"), {HOST: ["machine-id"]}),
        ("a banner that tells", lambda r: r.write("etc/issue", "Debian GNU/Linux \\r\n"), {CIS: ["banners"]}),
        ("a journal that is forgotten", lambda r: r.write("etc/systemd/journald.conf", "[Journal]\nStorage=volatile\n"), {CIS: ["journal"]}),
        ("no version", lambda r: r.change("etc/os-release", "VERSION_ID", "OTHER"), {PARITY: ["identity"]}),
        ("another processor", lambda r: r.write("usr/bin/sh", b"\x7fELF".ljust(18, b"\0") + b"\x08\x00" + bytes(44), 0o755),
         {HOST: ["architecture"]}),
    ))


@case
def faults_of_fips_mode_are_found(keelson):
    plant(keelson, (
        ("no argument", lambda r: r.boot(COMMAND_LINE), {FIPS: ["fips-kernel-argument"]}),
        ("no module", lambda r: r.remove("etc/ssl/fipsmodule.cnf"), {FIPS: ["fips-openssl-module"]}),
    ), make=fips_root, policies=(HOST, FIPS))


def changed_after_signing(root):
    image = root.folder / KERNEL_IMAGE
    image.write_bytes(image.read_bytes().replace(b"lockdown=integrity", b"lockdown=integritY"))


@case
def faults_of_a_signed_boot_are_found(keelson):
    entry = "title More\nlinux /vmlinuz\noptions rw\n"
    plant(keelson, (
        ("no signature", lambda r: r.boot(COMMAND_LINE + " roothash=" + "5a" * 32), {GUARD: ["kernel-signed"]}),
        ("a change after it", changed_after_signing, {HOST: ["boot-signatures-hold", "command-line-lockdown"], GUARD: ["kernel-signed"]}),
        ("an entry without one", lambda r: r.write("boot/efi/loader/entries/more.conf", entry), {GUARD: ["no-other-entries"]}),
        ("a setuid program", lambda r: r.mode("usr/bin/su", 0o4755), {GUARD: ["setuid-programs"]}),
        ("no root hash", lambda r: r.boot(COMMAND_LINE), {GUARD: ["kernel-signed", "root-hash"]}),
    ), make=signed_root, policies=(HOST, GUARD))


main()
