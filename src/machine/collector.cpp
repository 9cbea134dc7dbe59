#include "machine/collector.h"

#include <cstdint>

namespace keelson::machine {

namespace {

// Sections are cut at a limit, so that a strange machine cannot fill its /run with our work. `is-system-running --wait`
// returns when the boot is over. What is understood of all this is in facts.cpp, on our side.
constexpr std::string_view kScript = R"SH(# Runs once, as root, in the machine under test. Writes nothing outside /run.
PATH=/usr/sbin:/usr/bin:/sbin:/bin
LC_ALL=C
export PATH LC_ALL
umask 077
port=/dev/virtio-ports/keelson.facts
work=/run/keelson-check
mkdir -p $work
begin() { name=$1; limit=${2:-65536}; }
emit() {
  head -c "$limit" >$work/section
  { printf '@%s %s\n' "$name" "$(wc -c <$work/section)"; cat $work/section; echo; } >>$work/facts
}
file() { begin "$1" "$3"; cat "$2" 2>/dev/null | emit; }
printf 'KEELSON-FACTS 1\n' >$work/facts
begin state; timeout 150 systemctl is-system-running --wait 2>&1 | emit
begin uname; uname -srm | emit
file cmdline /proc/cmdline
file os-release /etc/os-release
file machine-id /etc/machine-id
file run-machine-id /run/machine-id
file lsm /sys/kernel/security/lsm
file lockdown /sys/kernel/security/lockdown
file selinux-enforce /sys/fs/selinux/enforce
file fips /proc/sys/crypto/fips_enabled
file meminfo /proc/meminfo
file mounts /proc/self/mountinfo
file cgroup-controllers /sys/fs/cgroup/cgroup.controllers
for net in tcp tcp6 udp udp6; do file "net-$net" /proc/net/$net; done
begin sockets 262144
ls -l /proc/[0-9]*/fd 2>/dev/null | sed -n -e '/^\/proc/p' -e 's/.*-> socket:\[\([0-9]*\)\]$/\1/p' | emit
begin processes; grep -H . /proc/[0-9]*/comm 2>/dev/null | emit
begin manager
systemctl show --property=Version,Virtualization,NNames \
  --property=FirmwareTimestampMonotonic,LoaderTimestampMonotonic,KernelTimestampMonotonic \
  --property=InitRDTimestampMonotonic,UserspaceTimestampMonotonic,FinishTimestampMonotonic 2>&1 | emit
begin failed; systemctl list-units --failed --plain --no-legend --full 2>&1 | emit
begin services; systemctl list-units --type=service --all --plain --no-legend --full 2>&1 | emit
begin containerd; containerd --version 2>/dev/null | emit
begin runc; runc --version 2>/dev/null | emit
begin openssl; openssl version 2>/dev/null | emit
begin packages 4194304
sed -n -e '/^Package: /p' -e '/^Status: /p' -e '/^Version: /p' -e '/^Architecture: /p' /var/lib/dpkg/status 2>/dev/null | emit
command -v find >/dev/null && { begin setuid 1048576; find / -xdev -type f -perm /6000 -printf '%m %u %g %p\n' 2>/dev/null | emit; }
begin kernel-log 262144
{ dmesg 2>/dev/null && echo log-read-to-its-end; } | grep -E -e 'avc: +denied' -e 'apparmor="DENIED"' -e 'machine ID' -e '^log-read-to-its-end$' | emit
disk=/dev/disk/by-id/virtio-keelson-oci
if [ -e $disk ]; then
  begin container-import; timeout 120 ctr -n keelson images import --base-name keelson/probe $disk 2>&1 | emit
  reference=$(ctr -n keelson images ls -q | head -n 1)
  begin container-output
  timeout 120 ctr -n keelson run --rm "$reference" keelson-probe /bin/sh -c 'echo hello-from-container; uname -r' >$work/output 2>$work/error </dev/null
  code=$?
  emit <$work/output
  begin container-error; emit <$work/error
  begin container-exit; echo $code | emit
fi
printf '@end 0\n' >>$work/facts
tries=0
while [ ! -e $port ] && [ $tries -lt 100 ]; do sleep 0.2; tries=$((tries + 1)); done
cat $work/facts >$port
)SH";

constexpr std::string_view kUnit = R"([Unit]
Description=Tell what this machine is

[Service]
Type=exec
ImportCredential=keelson.collect
ExecStart=/bin/sh %d/keelson.collect
)";

constexpr std::string_view kPowerOff = "systemctl --no-block poweroff\n";

}  // namespace

std::string_view collector_script() { return kScript; }

std::vector<Credential> collector_credentials(const CollectorOptions& options) {
  std::string script(kScript);
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
