/// The virtual machine as a value, and the QEMU command line that makes it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/units.h"
#include "machine/accelerator.h"
#include "machine/collector.h"
#include "machine/disk.h"
#include "machine/firmware.h"

namespace keelson::machine {

/// A kernel that is started without firmware or boot loader.
struct KernelBoot {
  std::filesystem::path kernel;
  std::filesystem::path initrd;  ///< empty: none
  std::string command_line;
};

/// The controller that the image's disk hangs on. An image must boot from each: clouds differ in it.
enum class DiskBus { Nvme, VirtioBlk, VirtioScsi, Ahci };

/// "nvme", "virtio-blk", "virtio-scsi", "ahci"
std::string_view disk_bus_name(DiskBus bus);

/// The bus with that name. @throws Error(Usage) with the names that there are.
DiskBus require_disk_bus(std::string_view name);

/// Everything decided; qemu_arguments() adds nothing of its own.
struct MachinePlan {
  std::string program;                 ///< "qemu-system-x86_64", or its path
  std::string architecture = "amd64";  ///< "amd64" or "arm64"
  Accelerator accelerator = Accelerator::Emulation;
  std::string processor;  ///< "": the fastest that works
  unsigned processors = 2;
  ByteCount memory = mebibytes(2048);
  DiskImage disk;
  DiskBus disk_bus = DiskBus::Nvme;
  bool keep_changes = false;                  ///< false: what the machine writes goes to a temporary file
  std::optional<FirmwareFiles> firmware;      ///< UEFI; `variables` is this machine's own copy
  bool bios = false;                          ///< QEMU's own BIOS, which speaks on the serial port
  std::optional<KernelBoot> kernel;           ///< without firmware
  std::vector<std::string> kernel_arguments;  ///< added to the image's own
  std::vector<Credential> credentials;
  std::filesystem::path oci_archive;  ///< a disk with an OCI archive; empty: none
  std::filesystem::path tpm_socket;   ///< of an emulated TPM; empty: none
  bool facts_port = false;            ///< a virtio port joined to descriptor 3
  bool interactive = false;           ///< the console is our terminal (Ctrl-A X ends) instead of standard output
};

/// The command line. Disks are named in QEMU's dotted form, so that no colon or comma in a path means anything.
/// @throws Error(BadInput) when credentials are larger than SMBIOS can carry.
std::vector<std::string> qemu_arguments(const MachinePlan& plan);

/// The program for an architecture ("amd64", "arm64"). @throws Error(Usage) for another one, Error(NotFound).
std::string require_qemu(const std::string& architecture);

/// "7.2.22", or "" if the program does not say.
std::string qemu_version(const std::string& program);

/// "amd64" or "arm64": this program's own.
std::string host_architecture();

/// The kernel's name for the first serial port: "ttyS0" or "ttyAMA0".
std::string serial_console(const std::string& architecture);

}  // namespace keelson::machine
