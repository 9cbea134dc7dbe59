#include "machine/collector.h"

#include <cstdint>

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
    R"SH(# Runs once, as root, in the machine under test. Writes nothing outside /run. $container was set before.
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
put packages "$(sed -n -e '/^Package: /p' -e '/^Status: /p' -e '/^Version: /p' /var/lib/dpkg/status 2>/dev/null | head -c 4194304)"
command -v find >/dev/null && put setuid "$(find / -xdev -type f -perm /6000 -printf '%m %u %g %p\n' 2>/dev/null | head -c 1048576)"
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
set -- /sys/block/dm-*
if [ -e "$1" ]; then
  put verity-table "$(dmsetup table --target verity 2>/dev/null 3>&- | head -c 65536)"
  put verity-status "$(dmsetup status --target verity 2>/dev/null 3>&- | head -c 65536)"
fi
line cgroup-controllers /sys/fs/cgroup/cgroup.controllers
file meminfo /proc/meminfo
file mounts /proc/self/mountinfo
for net in tcp tcp6 udp udp6; do file "net-$net" /proc/net/$net; done
put sockets "$(ls -l /proc/[0-9]*/fd 2>/dev/null | sed -n -e '/^\/proc/p' -e 's/.*-> socket:\[\([0-9]*\)\]$/\1/p' | head -c 262144)"
put processes "$(grep -H . /proc/[0-9]*/comm 2>/dev/null | head -c 65536)"
if [ -e /sys/fs/selinux/enforce ]; then put contexts "$(grep -aH . /proc/[0-9]*/attr/current 2>/dev/null | tr -d '\000' | head -c 131072)"; fi
put manager "$(systemctl show --property=Version,Virtualization,NNames \
  --property=FirmwareTimestampMonotonic,LoaderTimestampMonotonic,KernelTimestampMonotonic \
  --property=InitRDTimestampMonotonic,UserspaceTimestampMonotonic,FinishTimestampMonotonic 2>&1)"
put units "$(systemctl list-units --all --plain --no-legend --full 2>&1 | head -c 262144)"
put kernel-log "$({ dmesg 2>/dev/null 3>&- && echo log-read-to-its-end; } | grep -E -e 'avc: +denied' -e 'apparmor="DENIED"' -e 'machine ID' -e 'kauditd_printk_skb: .* suppressed' -e '^log-read-to-its-end$' | head -c 262144)"
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

constexpr std::string_view kPowerOff = "systemctl --no-block poweroff\n";

}  // namespace

std::vector<Credential> collector_credentials(const CollectorOptions& options) {
  std::string script = options.container ? "container=yes\n" : "container=\n";
  script += fips_probe();
  script += kScript;
  if (options.power_off) script += kPowerOff;
  return {{"keelson.collect", std::move(script)},
          {"systemd.extra-unit.keelson-check.service", std::string(kUnit)},
          {"systemd.unit-dropin.multi-user.target", "[Unit]\nWants=keelson-check.service\n"}};
}

std::vector<Credential> shell_credentials() { return {{"agetty.autologin", "root"}, {"login.noauth", "yes"}}; }

std::string base64(std::string_view bytes) {
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string result;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k)
      group = group << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0u);
    for (std::size_t k = 0; k < 4; ++k) result += i + k > bytes.size() ? '=' : alphabet[group >> (18 - 6 * k) & 63];
  }
  return result;
}

}  // namespace keelson::machine
