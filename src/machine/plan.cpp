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
  } else {
    plan.firmware = require_firmware(plan.architecture);
    const fs::path variables = folder / "variables.fd";
    fs::copy_file(plan.firmware->variables, variables);
    fs::permissions(variables, fs::perms::owner_write, fs::perm_options::add);  // the template may be read-only
    plan.firmware->variables = variables;
  }
  // systemd-firstboot would ask on the console and wait for ever; few kernel messages, for a serial port is slow.
  plan.kernel_arguments = {fmt::format("console={}", serial_console(plan.architecture)), "systemd.firstboot=off",
                           "systemd.show_status=yes", "loglevel=5"};
  plan.kernel_arguments.insert(plan.kernel_arguments.end(), request.kernel_arguments.begin(),
                               request.kernel_arguments.end());
  plan.accelerator = choose_accelerator(request, plan, reporter);
  return plan;
}

}  // namespace keelson::machine
