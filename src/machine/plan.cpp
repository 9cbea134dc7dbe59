#include "machine/plan.h"

#include <fmt/format.h>

#include "base/error.h"
#include "machine/image_kernel.h"

namespace keelson::machine {

namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds kProbeLimit{3000};

Accelerator choose_accelerator(const BootRequest& request, const MachinePlan& plan, Reporter& reporter) {
  if (request.accelerator == AcceleratorChoice::Emulation) return Accelerator::Emulation;
  const auto probe = probe_accelerator(plan.program, plan.architecture, kProbeLimit);
  if (probe.accelerator == Accelerator::Kvm) return Accelerator::Kvm;
  if (request.accelerator == AcceleratorChoice::Kvm) {
    throw Error(ErrorKind::Unavailable, fmt::format("cannot use 'KVM': {}", probe.reason),
                "leave the accelerator to Keelson: emulation works everywhere");
  }
  reporter.detail(fmt::format("KVM does not work here ({}); using software emulation", probe.reason));
  return Accelerator::Emulation;
}

// BIOS is of PCs, and nothing hands a loader that it starts any words for the kernel.
void require_bios_makes_sense(const BootRequest& request, const std::string& architecture) {
  if (architecture != "amd64") {
    throw Error(ErrorKind::Usage, fmt::format("cannot boot '{}' by BIOS: machines for {} have UEFI",
                                              request.image.native(), architecture));
  }
  if (request.kernel_arguments.empty()) return;
  throw Error(ErrorKind::Usage,
              fmt::format("cannot add '{}' to the kernel's command line: a boot loader under BIOS takes no more words",
                          request.kernel_arguments.front()),
              "put it into the image: os.kernelCommandLine.extraCommandLine of a recipe for 'keelson customize'");
}

// systemd-firstboot would ask on the console and wait for ever; few kernel messages, for a serial port is slow.
std::vector<std::string> arguments_for(const BootRequest& request, const std::string& architecture) {
  std::vector<std::string> arguments{fmt::format("console={}", serial_console(architecture)), "systemd.firstboot=off",
                                     "systemd.show_status=yes", "loglevel=5"};
  arguments.insert(arguments.end(), request.kernel_arguments.begin(), request.kernel_arguments.end());
  return arguments;
}

fs::path require_archive(const fs::path& path) {
  std::error_code error;
  if (path.empty() || fs::is_regular_file(path, error)) return path;
  throw Error(ErrorKind::NotFound, fmt::format("cannot attach '{}': there is no such file", path.native()));
}

}  // namespace

MachinePlan plan_machine(const BootRequest& request, const fs::path& folder, Reporter& reporter) {
  MachinePlan plan;
  plan.architecture = request.architecture.empty() ? host_architecture() : request.architecture;
  plan.disk = read_disk_image(request.image, request.format);
  if (!request.kernel) require_boot_signature(plan.disk);
  plan.disk_bus = request.disk_bus;
  plan.disk.path = fs::absolute(plan.disk.path);
  plan.program = require_qemu(plan.architecture);
  plan.processor = request.processor;
  plan.processors = request.processors;
  plan.memory = request.memory;
  plan.keep_changes = request.persistent;
  plan.oci_archive = require_archive(request.oci_archive);
  if (!plan.oci_archive.empty()) plan.oci_archive = fs::absolute(plan.oci_archive);
  if (request.kernel) {
    plan.kernel = request.kernel;
  } else if (request.firmware == Firmware::Direct) {
    plan.kernel = extract_kernel(plan.disk, folder, plan.architecture);
  } else if (request.firmware == Firmware::Bios) {
    require_bios_makes_sense(request, plan.architecture);
    plan.bios = true;
  } else {
    plan.firmware = require_firmware(plan.architecture);
    const fs::path variables = folder / "variables.fd";
    fs::copy_file(plan.firmware->variables, variables);
    fs::permissions(variables, fs::perms::owner_write, fs::perm_options::add);  // the template may be read-only
    plan.firmware->variables = variables;
  }
  if (!plan.bios) plan.kernel_arguments = arguments_for(request, plan.architecture);
  plan.accelerator = choose_accelerator(request, plan, reporter);
  return plan;
}

}  // namespace keelson::machine
