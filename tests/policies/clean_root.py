"""The files of a container host that every bundled policy accepts, as small as that can be; and how to spoil them."""
import os
import shutil

from programs import program

RELEASE = "6.12.9-test-amd64"
KERNEL_IMAGE = "boot/efi/EFI/Linux/host.efi"
COMMAND_LINE = "rw security=selinux selinux=1 console=ttyS0 module.sig_enforce=1 lockdown=integrity"
VERSIONS = {"systemd": "257.9-1", "containerd": "1.7.24~ds1-6", "runc": "1.1.15+ds1-2", "openssl": "3.5.4-1", "nftables": "1.1.3-1"}
GOOD_AUTHORITY = """-----BEGIN CERTIFICATE-----
MIIBNTCB3KADAgECAgEBMAoGCCqGSM49BAMCMBkxFzAVBgNVBAMMDmdvb2QgYXV0
aG9yaXR5MCAXDTIwMDEwMTAwMDAwMFoYDzIxMjAwMTAxMDAwMDAwWjAZMRcwFQYD
VQQDDA5nb29kIGF1dGhvcml0eTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABIBD
BYcJc/NornulH5dko5JBpmnOukqja8fUlEIChFXb4aidAP2s91AJ3GQhDP1dkljL
dpcgoTZXNmM4KNCaJU6jEzARMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwID
SAAwRQIgZSXl00OMdNLkZhhDOfkj55ax8TPlHowcczhBNWcSar8CIQDkPRSGR+Jt
LyL82Ee/lBkG2W2kH0VCJCSBYfrZ7HC1SA==
-----END CERTIFICATE-----
"""
# Of a year that is long over.
OLD_AUTHORITY = """-----BEGIN CERTIFICATE-----
MIIBMjCB2KADAgECAgEBMAoGCCqGSM49BAMCMBgxFjAUBgNVBAMMDW9sZCBhdXRo
b3JpdHkwHhcNMDEwMTAxMDAwMDAwWhcNMDIwMTAxMDAwMDAwWjAYMRYwFAYDVQQD
DA1vbGQgYXV0aG9yaXR5MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEoSV6LqVs
wyFi3nnpDGEOl2pxPowqzQCYDbOeYf1J2D3xnjy5Y8gUxAdICBTy3lzU2LvasF0J
n7wjBdlahlUtDqMTMBEwDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNJADBG
AiEA5YlGGMeiqLe4Z0ZSX+YU02NnLKb3wJCaKtpm5avS01YCIQDdC0s34EnDPqMF
EiwFXt9EgAmSUG4stgbnOSsNL90i/w==
-----END CERTIFICATE-----
"""
SYSCTLS = """kernel.randomize_va_space = 2
kernel.yama.ptrace_scope = 2
kernel.dmesg_restrict = 1
kernel.kptr_restrict = 2
fs.suid_dumpable = 0
fs.protected_symlinks = 1
fs.protected_hardlinks = 1
net.ipv4.icmp_echo_ignore_broadcasts = 1
net.ipv4.icmp_ignore_bogus_error_responses = 1
net.ipv4.tcp_syncookies = 1
""" + "".join(f"""net.ipv4.conf.{which}.send_redirects = 0
net.ipv4.conf.{which}.accept_redirects = 0
net.ipv4.conf.{which}.secure_redirects = 0
net.ipv4.conf.{which}.accept_source_route = 0
net.ipv4.conf.{which}.log_martians = 1
net.ipv4.conf.{which}.rp_filter = 2
net.ipv6.conf.{which}.accept_redirects = 0
net.ipv6.conf.{which}.accept_source_route = 0
net.ipv6.conf.{which}.accept_ra = 0
""" for which in ("all", "default"))
ELF = b"\x7fELF\x02\x01\x01".ljust(18, b"\0") + b"\x3e\x00" + bytes(44)
FILES = {
    "etc/os-release": 'ID=debian\nVERSION_ID="13"\nPRETTY_NAME="A host"\nIMAGE_ID=host\n',
    "etc/passwd": "root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1::/:/usr/sbin/nologin\nnobody:x:65534:65534::/:/usr/sbin/nologin\n",
    "etc/group": "root:x:0:\ndaemon:x:1:\nshadow:x:42:\nnogroup:x:65534:\n",
    "etc/shadow": "root:*:1::::::\ndaemon:*:1::::::\nnobody:!:1::::::\n",
    "etc/machine-id": "uninitialized\n",
    "etc/hostname": "host\n",
    "etc/login.defs": "UMASK 027\nENCRYPT_METHOD YESCRYPT\nPASS_MAX_DAYS 99999\nPASS_WARN_AGE 7\n",
    "etc/pam.d/su": "auth required pam_wheel.so\n",
    "etc/profile.d/timeout.sh": "readonly TMOUT=900\n",
    "etc/issue": "Authorized use only.\n",
    "etc/ssh/sshd_config": "UsePAM yes\n",
    "etc/cron.d/none": "",
    "etc/selinux/config": "SELINUX=enforcing\nSELINUXTYPE=default\n",
    "etc/selinux/default/policy/policy.33": "policy",
    "etc/selinux/default/contexts/files/file_contexts": "/.* system_u:object_r:default_t:s0\n",
    "etc/sysctl.d/50-host.conf": SYSCTLS,
    "etc/modprobe.d/blocked.conf": "install udf /bin/false\n",
    "etc/containerd/config.toml": "version = 2\n",
    "etc/ssl/certs/ca-certificates.crt": GOOD_AUTHORITY,
    "etc/systemd/system/multi-user.target.wants/containerd.service": None,
    "usr/lib/systemd/system/multi-user.target": "[Unit]\n",
    "usr/local/share/ca-certificates/ours.crt": GOOD_AUTHORITY,
    "usr/bin/sh": ELF,
    "usr/bin/su": ELF,
    f"usr/lib/modules/{RELEASE}/modules.dep": "kernel/fs/udf/udf.ko.xz:\nkernel/fs/overlayfs/overlay.ko.xz:\n",
    f"boot/vmlinuz-{RELEASE}": "kernel",
    "boot/efi/loader/loader.conf": "default host.efi\n",
    "var/log/journal/.keep": "",
    "var/lib/dpkg/status": "",
}
MODES = {"etc/shadow": (0o640, 0, 42), "etc/ssh/sshd_config": (0o600, 0, 0), "etc/cron.d": (0o700, 0, 0), "usr/bin/su": (0o4755, 0, 0),
         "usr/bin/sh": (0o755, 0, 0)}


class Root:
    """A root directory that faults are planted in. Paths have no slash in front."""

    def __init__(self, folder, command_line=COMMAND_LINE):
        shutil.rmtree(folder, ignore_errors=True)
        self.folder = folder
        self.versions = dict(VERSIONS)
        for name, content in FILES.items():
            if content is None:
                self.enable(name.rsplit("/", 1)[1])
            else:
                self.write(name, content)
        self.link("usr/lib/systemd/system/default.target", "multi-user.target")
        self.install()
        self.boot(command_line)
        for name, (mode, owner, group) in MODES.items():
            self.mode(name, mode, owner, group)

    def write(self, name, content, mode=0o644):
        path = self.folder / name
        for folder in reversed(path.relative_to(self.folder).parents):
            if not (self.folder / folder).exists():
                (self.folder / folder).mkdir()
                (self.folder / folder).chmod(0o755)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        path.chmod(mode)

    def text(self, name):
        return (self.folder / name).read_text()

    def change(self, name, old, new):
        """In a file that keeps its mode and owner."""
        text = self.text(name)
        assert old in text, f"{name} has no {old!r}"
        (self.folder / name).write_text(text.replace(old, new))

    def append(self, name, text):
        with open(self.folder / name, "a", encoding="utf-8") as file:
            file.write(text)

    def mode(self, name, mode, owner=0, group=0):
        os.chown(self.folder / name, owner, group)
        (self.folder / name).chmod(mode)

    def link(self, name, target):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.symlink_to(target)

    def remove(self, name):
        (self.folder / name).unlink()

    def user(self, name, number, group, shell="/usr/sbin/nologin", password="*", hash_field="x"):
        self.append("etc/passwd", f"{name}:{hash_field}:{number}:{group}::/:{shell}\n")
        self.append("etc/shadow", f"{name}:{password}:1::::::\n")

    def install(self, **versions):
        """Packages by name; None takes one away."""
        self.versions |= {name.replace("_", "-"): version for name, version in versions.items()}
        self.write("var/lib/dpkg/status", "\n".join(
            f"Package: {name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: {version}\n"
            for name, version in sorted(self.versions.items()) if version))

    def enable(self, unit):
        self.link(f"etc/systemd/system/multi-user.target.wants/{unit}", f"/usr/lib/systemd/system/{unit}")

    def boot(self, command_line, release=RELEASE):
        """The unified kernel image, the only one."""
        sections = (".osrel", b"ID=debian\n"), (".cmdline", command_line.encode()), (".uname", release.encode()), (".linux", program())
        self.write(KERNEL_IMAGE, program(more=sections))
