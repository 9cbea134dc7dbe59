#include "machine/qemu.h"

#include <fmt/format.h>

#include <array>

#include "base/base64.h"
#include "base/error.h"
#include "base/text.h"
#include "sys/process.h"

namespace keelson::machine {

namespace {

// SMBIOS 2.8 (what QEMU's q35 offers) has 16-bit structure table lengths, and firmware adds structures of its own.
constexpr std::size_t kMaxCredentialBytes = 48u << 10;

// In the order of DiskBus.
constexpr std::array<std::string_view, 4> kDiskBuses{"nvme", "virtio-blk", "virtio-scsi", "ahci"};

// QEMU's option syntax: a comma is written twice (qemu(1), "-drive file").
std::string escaped(std::string_view text) {
  std::string result;
  for (const char sign : text) result += sign == ',' ? std::string(",,") : std::string(1, sign);
  return result;
}

std::string joined(const std::vector<std::string>& words) {
  std::string result;
  for (const auto& word : words) result += (result.empty() ? "" : " ") + word;
  return result;
}

class CommandLine {
 public:
  explicit CommandLine(const MachinePlan& plan) : plan_(plan) { words_.push_back(plan.program); }

  std::vector<std::string> take() {
    machine();
    boot();
    disks();
    ports();
    credentials();
    return std::move(words_);
  }

 private:
  void add(std::string option, std::string value) {
    words_.push_back(std::move(option));
    words_.push_back(std::move(value));
  }

  bool arm() const { return plan_.architecture == "arm64"; }
  bool secure() const { return plan_.firmware && plan_.firmware->secure; }
  bool kvm() const { return plan_.accelerator == Accelerator::Kvm; }

  // Under emulation a plain processor is the fastest: a rich one makes the guest use instructions that cost more to
  // emulate than they save (measured: qemu64 17.6 s to containerd, max 20.4 s).
  std::string processor() const {
    if (!plan_.processor.empty()) return plan_.processor;
    if (kvm()) return "host";
    return arm() ? "cortex-a57" : "qemu64";
  }

  void machine() {
    add("-name", "keelson");
    // smm=off would save 0.4 of the firmware's 5.8 CPU-s, but firmware with Secure Boot does not start without SMM.
    // Without graphics the BIOS, and what asks it to write, use the serial port.
    add("-machine", arm() ? "virt" : plan_.bios ? "q35,graphics=off" : secure() ? "q35,smm=on" : "q35");
    // Only code in system management mode may write the flash: an operating system can't enroll its own keys.
    if (secure() && !arm()) add("-global", "driver=cfi.pflash01,property=secure,value=on");
    add("-accel", kvm() ? "kvm" : "tcg,thread=multi");
    add("-cpu", processor());
    add("-smp", std::to_string(plan_.processors));
    add("-m", std::to_string(plan_.memory.value >> 20));
    words_.insert(words_.end(), {"-nodefaults", "-no-user-config", "-no-reboot"});
    add("-display", "none");
    add("-device", "virtio-rng-pci");
  }

  void boot() {
    if (plan_.firmware) {
      add("-drive", fmt::format("if=pflash,unit=0,readonly=on,driver=raw,file.driver=file,file.filename={}",
                                escaped(plan_.firmware->code.native())));
      add("-drive", fmt::format("if=pflash,unit=1,driver=raw,file.driver=file,file.filename={}",
                                escaped(plan_.firmware->variables.native())));
    }
    if (!plan_.tpm_socket.empty()) {
      add("-chardev", fmt::format("socket,id=tpm,path={}", escaped(plan_.tpm_socket.native())));
      add("-tpmdev", "emulator,id=tpm0,chardev=tpm");
      add("-device", arm() ? "tpm-tis-device,tpmdev=tpm0" : "tpm-crb,tpmdev=tpm0");
    }
    if (!plan_.kernel) return;
    add("-kernel", plan_.kernel->kernel.native());
    if (!plan_.kernel->initrd.empty()) add("-initrd", plan_.kernel->initrd.native());
    std::string command_line = plan_.kernel->command_line;
    if (!plan_.kernel_arguments.empty())
      command_line += (command_line.empty() ? "" : " ") + joined(plan_.kernel_arguments);
    add("-append", command_line);
  }

  void disks() {
    // A fixed VHD is a raw disk with a footer: `size` keeps the footer out of it (the vpc driver would round to CHS).
    std::string driver = fmt::format("driver={}", driver_name(plan_.disk.format));
    if (plan_.disk.format == DiskFormat::VhdFixed) driver += fmt::format(",size={}", plan_.disk.size.value);
    add("-drive", fmt::format("if=none,id=disk,snapshot={},{},file.driver=file,file.filename={}",
                              plan_.keep_changes ? "off" : "on", driver, escaped(plan_.disk.path.native())));
    controller();
    if (plan_.oci_archive.empty()) return;
    add("-drive", fmt::format("if=none,id=oci,readonly=on,driver=raw,file.driver=file,file.filename={}",
                              escaped(plan_.oci_archive.native())));
    add("-device", fmt::format("virtio-blk-pci,drive=oci,serial={}", kOciSerial));
  }

  void controller() {
    switch (plan_.disk_bus) {
      case DiskBus::Nvme:
        // NVMe and ext4 are built into cloud kernels: no module has to be loaded for the root file system.
        return add("-device", "nvme,drive=disk,serial=keelson,bootindex=1");
      case DiskBus::VirtioBlk:
        return add("-device", "virtio-blk-pci,drive=disk,serial=keelson,bootindex=1");
      case DiskBus::VirtioScsi:
        add("-device", "virtio-scsi-pci,id=controller");
        return add("-device", "scsi-hd,bus=controller.0,drive=disk,serial=keelson,bootindex=1");
      case DiskBus::Ahci:
        add("-device", "ich9-ahci,id=controller");
        return add("-device", "ide-hd,bus=controller.0,drive=disk,serial=keelson,bootindex=1");
    }
  }

  void ports() {
    add("-chardev", plan_.interactive ? "stdio,id=console,mux=on,signal=off" : "stdio,id=console,signal=off");
    add("-serial", "chardev:console");
    if (plan_.interactive) add("-mon", "chardev=console,mode=readline");
    if (!plan_.facts_port) return;
    add("-device", "virtio-serial-pci");
    add("-chardev", "socket,id=facts,fd=3");
    add("-device", fmt::format("virtserialport,chardev=facts,name={}", kFactsPort));
  }

  // SMBIOS type 11 strings: systemd(1) reads io.systemd.credential.binary, systemd-stub(7) the kernel's arguments.
  void credentials() {
    std::size_t total = 0;
    for (const auto& credential : plan_.credentials) {
      std::string value =
          fmt::format("io.systemd.credential.binary:{}={}", credential.name, base64(as_bytes(credential.content)));
      total += value.size();
      add("-smbios", "type=11,value=" + escaped(value));
    }
    if (total > kMaxCredentialBytes) {
      throw Error(
          ErrorKind::BadInput,
          fmt::format("cannot pass 'credentials' to the machine: {} bytes are more than the {} that SMBIOS carries",
                      total, kMaxCredentialBytes));
    }
    if (!plan_.kernel && !plan_.kernel_arguments.empty()) {
      add("-smbios",
          "type=11,value=" + escaped("io.systemd.stub.kernel-cmdline-extra=" + joined(plan_.kernel_arguments)));
    }
  }

  const MachinePlan& plan_;
  std::vector<std::string> words_;
};

}  // namespace

std::string_view disk_bus_name(DiskBus bus) { return kDiskBuses[static_cast<std::size_t>(bus)]; }

DiskBus require_disk_bus(std::string_view name) {
  for (std::size_t i = 0; i < kDiskBuses.size(); ++i) {
    if (kDiskBuses[i] == name) return static_cast<DiskBus>(i);
  }
  throw Error(ErrorKind::Usage, fmt::format("cannot attach the disk by '{}': there is no such bus", name),
              "nvme, virtio-blk, virtio-scsi and ahci are known");
}

std::vector<std::string> qemu_arguments(const MachinePlan& plan) { return CommandLine(plan).take(); }

std::string require_qemu(const std::string& architecture) {
  const bool arm = architecture == "arm64";
  if (!arm && architecture != "amd64") {
    throw Error(ErrorKind::Usage,
                fmt::format("cannot run a machine for '{}': amd64 and arm64 are known", architecture));
  }
  const auto program = find_program(arm ? "qemu-system-aarch64" : "qemu-system-x86_64");
  if (!program) {
    throw Error(ErrorKind::NotFound, fmt::format("cannot run a machine for '{}': QEMU is not installed", architecture),
                fmt::format("install the package {}", arm ? "qemu-system-arm" : "qemu-system-x86"));
  }
  return program->native();
}

std::string qemu_version(const std::string& program) {
  const auto result =
      run_process({.arguments = {program, "--version"}, .timeout = std::chrono::seconds(10), .output_limit = 4096});
  const auto words = split_words(result.output);  // "QEMU emulator version 7.2.22 (Debian …)"
  return result.exit_code == 0 && words.size() > 3 ? std::string(words[3]) : std::string();
}

std::string host_architecture() {
#if defined(__aarch64__)
  return "arm64";
#else
  return "amd64";
#endif
}

std::string serial_console(const std::string& architecture) { return architecture == "arm64" ? "ttyAMA0" : "ttyS0"; }

}  // namespace keelson::machine
