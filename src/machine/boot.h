/// `keelson boot` as a library: run an image in QEMU, learn what is true inside, leave the image as it was.
#pragma once

#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "base/reporter.h"
#include "machine/qemu.h"

namespace keelson::machine {

enum class Firmware {
  Uefi,    ///< the image's own boot chain
  Bios,    ///< the image's own boot chain from its first sector, as in older clouds; amd64 only
  Direct,  ///< the kernel, initrd and command line of the image's unified kernel image, without firmware and loader
};

enum class AcceleratorChoice { Auto, Kvm, Emulation };

struct BootRequest {
  std::filesystem::path image;
  std::string format;  ///< "raw", "qcow2", "vhd-fixed"; empty: by content
  Firmware firmware = Firmware::Uefi;
  std::string architecture;                ///< "amd64" or "arm64"; empty: the host's own
  std::chrono::seconds timeout{300};       ///< for the whole boot, facts included; idle it takes 20 to 60 s
  std::filesystem::path oci_archive;       ///< a container image to run inside, named "keelson/probe"; empty: none
  bool collect_facts = true;               ///< false: the boot is over at the login prompt
  bool persistent = false;                 ///< true: what the machine writes stays in the image
  std::filesystem::path secure_boot_keys;  ///< a folder of keys to enroll: Secure Boot is enforced; empty: it is off
  bool tpm = false;                        ///< a TPM 2.0, new and empty (swtpm)
  AcceleratorChoice accelerator = AcceleratorChoice::Auto;
  DiskBus disk_bus = DiskBus::Nvme;  ///< what the image's disk hangs on
  std::string processor;             ///< QEMU's name; empty: the fastest that works
  unsigned processors = 2;
  ByteCount memory = mebibytes(2048);
  std::vector<std::string> kernel_arguments;     ///< added to the image's own
  std::optional<KernelBoot> kernel;              ///< instead of the image's own (for tests of unfinished images)
  std::filesystem::path console_file;            ///< gets the console's newest 256 KiB, however the boot ends
  std::filesystem::path temporary = "/var/tmp";  ///< where the machine's scratch files go; they can reach a GiB
};

struct BootResult {
  nlohmann::json facts;         ///< schema/facts.schema.json; null without collect_facts
  double seconds_to_facts = 0;  ///< from QEMU's start to the last byte of the facts (or to the login prompt)
  Accelerator accelerator = Accelerator::Emulation;
};

/// Boots, collects, ends the machine. The image is only read unless `persistent`. Whatever the machine sends is
/// bounded. Nothing is left running when this returns, throws, or the process is killed.
/// @throws Error(Unavailable) when the boot does not get there: the message says where it stopped and shows the last
/// lines of the console. Error(BadInput) for facts that break their form; Error(NotFound) for a missing program.
BootResult boot(const BootRequest& request, Reporter& reporter);

/// Runs the machine with its serial console on our terminal until it powers off or the user ends it (Ctrl-A X).
/// Root is logged in. Returns QEMU's exit code.
int run_shell(const BootRequest& request, Reporter& reporter);

}  // namespace keelson::machine
