/// What is sent into the machine: a unit and a small shell script as systemd credentials, so that the image itself
/// stays as it is. systemd.exec(5), systemd.system-credentials(7): `systemd.extra-unit.*` and
/// `systemd.unit-dropin.*` are read by systemd-debug-generator since version 256.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace keelson::machine {

struct Credential {
  std::string name;
  std::string content;
};

constexpr std::string_view kFactsPort = "keelson.facts";  ///< the virtio port's name: /dev/virtio-ports/keelson.facts
constexpr std::string_view kOciSerial = "keelson-oci";    ///< the serial number of the disk that holds the OCI archive

struct CollectorOptions {
  bool container = false;  ///< import what is on the disk kOciSerial into containerd, and run it
  bool power_off = false;  ///< afterwards: for a machine whose disk is kept
  /// Try what a hardened machine refuses: loads and unloads a module, opens /dev/mem, lets go of a kernel that kexec
  /// holds, and turns SELinux's enforcing off and on. Only for a machine that is thrown away.
  bool try_refusals = false;
};

/// The credentials that make a booting system run the collector, a POSIX shell script that sends sections.h's form
/// through the port once the boot is over. Needs systemctl, coreutils, sed and grep; find, dmesg and systemd-analyze
/// for what they tell.
std::vector<Credential> collector_credentials(const CollectorOptions& options);

/// The credentials that log root in on the serial console, without a password (agetty and login of util-linux 2.40+).
std::vector<Credential> shell_credentials();

}  // namespace keelson::machine
