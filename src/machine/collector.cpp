#include "machine/collector.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

#include "hardening/check.h"
#include "machine/fips_probe.h"

namespace keelson::machine {

namespace {

// Every process costs some 50 ms under emulation. So the shell itself counts and writes (${#1}: bytes, as LC_ALL is C),
// and reads what is one line. What cannot change while the machine still boots, and the container's import, are done
// while it boots; the unit has the idle policy, so that the boot does not notice. `is-system-running --wait` returns
// when the boot is over. Large sections are cut at a limit, so that a strange machine cannot fill its /run with our
// work. Programs that a security module runs as something else do not inherit the file that is written. What is
// understood of all this is in facts.cpp, on our side.
constexpr std::string_view kScript =
    R"SH(# Runs once, as root, in the machine under test. Writes nothing outside /run. Variables were set before.
PATH=/usr/sbin:/usr/bin:/sbin:/bin
LC_ALL=C
export PATH LC_ALL
umask 077
port=/dev/virtio-ports/keelson.facts
disk=/dev/disk/by-id/virtio-keelson-oci
work=/run/keelson-check
mkdir -p $work
exec 3>$work/facts
put() { printf '@%s %s\n%s\n' "$1" "${#2}" "$2" >&3; }
line() { read_line=; if [ -r "$2" ]; then read -r read_line <"$2"; fi; put "$1" "$read_line"; }
file() { put "$1" "$(head -c 65536 "$2" 2>/dev/null)"; }
said() { if [ "$1" = 0 ]; then word=allowed; else case $2 in *ermi*|*busy*) word=refused ;; *) word=unknown ;; esac; fi; }
import() {
  while [ ! -S /run/containerd/containerd.sock ] || [ ! -e $disk ]; do
    if [ -e $work/booted ]; then break; fi
    sleep 1
  done
  timeout 120 ctr -n keelson images import --base-name keelson/probe $disk >$work/import 2>&1
}
printf 'KEELSON-FACTS 1\n' >&3
if [ -n "$container" ]; then import 3>&- & fi
put uname "$(uname -srm)"
line cmdline /proc/cmdline
file os-release /etc/os-release
line lsm /sys/kernel/security/lsm
line fips /proc/sys/crypto/fips_enabled
if [ "$read_line" = 1 ] || [ -e /etc/ssl/fipsmodule.cnf ]; then fips_probe; fi
put containerd "$(containerd --version 2>/dev/null 3>&-)"
put runc "$(runc --version 2>/dev/null 3>&-)"
put openssl "$(OPENSSL_CONF=/dev/null openssl version 2>/dev/null)"
put packages "$(sed -n -e '/^Package: /p' -e '/^Status: /p' -e '/^Architecture: /p' -e '/^Version: /p' /var/lib/dpkg/status 2>/dev/null | head -c 4194304)"
release=$(uname -r)
if [ -r "/boot/config-$release" ]; then put kernel-config "$(grep -E "^(# )?CONFIG_($options)[= ]" "/boot/config-$release")"
elif [ -r /proc/config.gz ]; then put kernel-config "$(zcat /proc/config.gz | grep -E "^(# )?CONFIG_($options)[= ]")"; fi
put modules-there "$(grep -ohsE "/($modules)\.ko" "/lib/modules/$release/modules.dep" "/lib/modules/$release/modules.builtin")"
put modes "$(stat -c '%04a %U:%G %n' $paths 2>/dev/null)"
put settings "$(grep -HsE '^[^#]*(pam_wheel|TMOUT=|Storage=)|^(UMASK|ENCRYPT_METHOD|PASS_MAX_DAYS|PASS_WARN_AGE)|^(blacklist|install) ' \
  /etc/pam.d/su /etc/login.defs /etc/profile /etc/profile.d/* /usr/lib/systemd/*.conf /usr/lib/systemd/*.conf.d/* /etc/systemd/*.conf /etc/systemd/*.conf.d/* \
  /usr/lib/modprobe.d/* /etc/modprobe.d/* | head -c 131072)"
put banners "$(grep -HsiE '\\[mrsv]|debian|ubuntu|fedora|azure' /etc/issue /etc/issue.net /etc/motd | head -c 4096)"
file passwd /etc/passwd
file group /etc/group
put shadow "$(while IFS=: read -r name hash rest; do
  case $hash in '') echo "$name empty" ;; '!'*|'*'*) echo "$name locked" ;; *) echo "$name set" ;; esac
done </etc/shadow)"
put core-limit "$(ulimit -Hc)"
if [ -d /var/log/journal ]; then put journal persistent; fi
if command -v find >/dev/null; then
  find / -xdev -type f -perm /6000 -printf '%m %u %g %p\n' , ! -type l -perm -0002 ! \( -type d -perm -1000 \) ! -type c -fprintf $work/open '%p\n' , \( -nouser -o -nogroup \) -fprintf $work/unowned '%p\n' >$work/setuid 2>/dev/null
  put setuid "$(head -c 1048576 $work/setuid)"
  file world-writable $work/open
  file unowned $work/unowned
fi
put state "$(timeout 150 systemctl is-system-running --wait 2>&1)"
: >$work/booted
line machine-id /etc/machine-id
line run-machine-id /run/machine-id
line lockdown /sys/kernel/security/lockdown
efi=/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c
if [ -r $efi ]; then put secure-boot "$(od -An -tu1 -j4 -N1 $efi)"; fi
line pcr11 /sys/class/tpm/tpm0/pcr-sha256/11
line selinux-enforce /sys/fs/selinux/enforce
line selinux-policy-version /sys/fs/selinux/policyvers
file selinux-config /etc/selinux/config
if [ -e /sys/kernel/security/ipe/enforce ]; then
  line ipe-enforce /sys/kernel/security/ipe/enforce
  put ipe-policies "$(grep -Hs . /sys/kernel/security/ipe/policies/*/active /sys/kernel/security/ipe/policies/*/version | head -c 65536)"
fi
set -- /sys/block/dm-*
if [ -e "$1" ]; then
  put verity-table "$(dmsetup table --target verity 2>/dev/null 3>&- | head -c 65536)"
  put verity-status "$(dmsetup status --target verity 2>/dev/null 3>&- | head -c 65536)"
fi
line cgroup-controllers /sys/fs/cgroup/cgroup.controllers
file meminfo /proc/meminfo
file mounts /proc/self/mountinfo
put sysctls "$(cd /proc/sys && grep -s '' $sysctls)"
line core-pattern /proc/sys/kernel/core_pattern
line apparmor /sys/kernel/security/apparmor/profiles
for net in tcp tcp6 udp udp6; do file "net-$net" /proc/net/$net; done
put sockets "$(ls -l /proc/[0-9]*/fd 2>/dev/null | sed -n -e '/^\/proc/p' -e 's/.*-> socket:\[\([0-9]*\)\]$/\1/p' | head -c 262144)"
put processes "$(grep -H . /proc/[0-9]*/comm 2>/dev/null | head -c 65536)"
if [ -e /sys/fs/selinux/enforce ]; then put contexts "$(grep -aH . /proc/[0-9]*/attr/current 2>/dev/null | tr -d '\000' | head -c 131072)"; fi
put manager "$(systemctl show --property=Version,Virtualization,NNames \
  --property=FirmwareTimestampMonotonic,LoaderTimestampMonotonic,KernelTimestampMonotonic \
  --property=InitRDTimestampMonotonic,UserspaceTimestampMonotonic,FinishTimestampMonotonic 2>&1)"
units=$(systemctl list-units --all --plain --no-legend --full 2>&1 | head -c 262144)
put units "$units"
if command -v systemd-analyze >/dev/null; then
  put exposure "$(timeout 60 systemd-analyze security --json=short --no-pager 2>/dev/null 3>&- | head -c 262144)"
fi
if printf '%s\n' "$units" | grep -qE '^sshd?\.(service|socket) +loaded +active'; then put sshd "$(sshd -T 2>/dev/null | head -c 65536)"; fi
put kernel-log "$({ dmesg 2>/dev/null 3>&- && echo log-read-to-its-end; } | grep -E -e 'avc: +denied' -e 'apparmor="DENIED"' -e ' ipe_op=' -e 'machine ID' -e 'kauditd_printk_skb: .* suppressed' -e '^log-read-to-its-end$' | head -c 262144)"
if [ -n "$container" ]; then
  wait
  imported=$(head -c 65536 $work/import)
  put container-import "$imported"
  case $imported in
    *"unpacking "*) reference=${imported#*unpacking } reference=${reference%% *} ;;
    *) reference=$(ctr -n keelson images ls -q | head -n 1) ;;
  esac
  timeout 120 ctr -n keelson run --rm "$reference" keelson-probe /bin/sh -c 'echo hello-from-container; uname -r; echo "context $(cat /proc/self/attr/current 2>/dev/null)"' >$work/output 2>$work/error </dev/null 3>&-
  put container-exit $?
  put container-output "$(head -c 65536 $work/output)"
  put container-error "$(head -c 65536 $work/error)"
fi
if [ -n "$try" ]; then
  # kexec_load(2) without segments lets go of a kernel that is held: nothing else happens where it is allowed.
  case $(uname -m) in x86_64) call=246 ;; aarch64) call=104 ;; *) call= ;; esac
  if [ -n "$call" ] && command -v perl >/dev/null; then
    put refusal-kexec "$(perl -e 'print syscall('$call', 0, 0, 0, 0) == 0 ? "allowed" : $!{ENOSYS} ? "absent" : $!{EPERM} || $!{EACCES} ? "refused" : "unknown"' 2>&1 3>&-)"
  fi
  if [ -c /dev/mem ]; then error=$( (: </dev/mem) 2>&1); said $? "$error"; else word=absent; fi
  put refusal-dev-mem "$word"
  for module in ts_kmp ts_bm crc-itu-t; do
    if [ -d /sys/module/$module ] || ! grep -qs "/$module\.ko" "/lib/modules/$release/modules.dep"; then continue; fi
    error=$(modprobe --ignore-install $module 2>&1 3>&-); said $? "$error"
    put refusal-module-load "$word"
    if [ $word = allowed ]; then modprobe -r $module 3>&-; fi
    break
  done
  if [ -e /sys/fs/selinux/enforce ]; then
    read -r enforce </sys/fs/selinux/enforce
    (echo 0 >/sys/fs/selinux/enforce) 2>/dev/null
    read -r now </sys/fs/selinux/enforce
    if [ "$now" = 1 ]; then word=refused; else word=allowed; echo "$enforce" >/sys/fs/selinux/enforce; fi
  else word=absent; fi
  put refusal-setenforce "$word"
fi
printf '@end 0\n' >&3
tries=0
while [ ! -e $port ] && [ $tries -lt 100 ]; do sleep 0.2; tries=$((tries + 1)); done
cat $work/facts >$port
)SH";

constexpr std::string_view kUnit = R"([Unit]
Description=Tell what this machine is

[Service]
Type=exec
CPUSchedulingPolicy=idle
ImportCredential=keelson.collect
ExecStart=/bin/sh %d/keelson.collect
)";

// What the checks of the hardening want to know of, as the shell's variables: patterns and lists of words.
std::string what_is_asked() {
  std::string options, modules, paths, sysctls;
  for (const auto& name : hardening::asked(hardening::Subject::KernelOption))
    options += (options.empty() ? "" : "|") + name.substr(std::string_view("CONFIG_").size());
  for (std::string name : hardening::asked(hardening::Subject::Module)) {
    std::replace(name.begin(), name.end(), '-', '.');  // the file may have '_'
    modules += (modules.empty() ? "" : "|") + name;
  }
  for (const auto& path : hardening::asked(hardening::Subject::File)) paths += ' ' + path;
  for (std::string name : hardening::asked(hardening::Subject::Sysctl)) {
    std::replace(name.begin(), name.end(), '.', '/');
    sysctls += ' ' + name;
  }
  return fmt::format("options='{}'\nmodules='{}'\npaths='{}'\nsysctls='{}'\n", options, modules, paths, sysctls);
}

constexpr std::string_view kPowerOff = "systemctl --no-block poweroff\n";

}  // namespace

std::vector<Credential> collector_credentials(const CollectorOptions& options) {
  std::string script =
      fmt::format("container={}\ntry={}\n", options.container ? "yes" : "", options.try_refusals ? "yes" : "");
  script += what_is_asked();
  script += fips_probe();
  script += kScript;
  if (options.power_off) script += kPowerOff;
  return {{"keelson.collect", std::move(script)},
          {"systemd.extra-unit.keelson-check.service", std::string(kUnit)},
          {"systemd.unit-dropin.multi-user.target", "[Unit]\nWants=keelson-check.service\n"}};
}

std::vector<Credential> shell_credentials() { return {{"agetty.autologin", "root"}, {"login.noauth", "yes"}}; }

}  // namespace keelson::machine
